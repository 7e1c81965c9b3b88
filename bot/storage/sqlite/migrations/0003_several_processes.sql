-- What several processes on one database tell each other.

-- What platforms delivered within the last hour and was taken up, each as a keyed hash.
CREATE TABLE deliveries (
    hash TEXT PRIMARY KEY CHECK (length(hash) = 32),
    at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX deliveries_by_time ON deliveries (at_us);
