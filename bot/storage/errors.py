"""What storage raises when it cannot be opened; each database tells how its driver's errors become the core's."""


class StorageError(Exception):
    """The database cannot be used; str(error) is safe to print and says what would be right."""
