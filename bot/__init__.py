"""The running program: settings, storage, catalogue, schedules and the command line."""
