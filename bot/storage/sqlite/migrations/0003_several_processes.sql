-- What several processes on one database tell each other.

-- What platforms delivered within the last hour and was taken up, each as a keyed hash.
CREATE TABLE deliveries (
    hash TEXT PRIMARY KEY CHECK (length(hash) = 32),
    at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX deliveries_by_time ON deliveries (at_us);

-- How far each ballot's message has come: how often its marks were changed, up to which of the changes it was
-- drawn, how often it was drawn in the spell of votes that goes on, and when last. While one process draws it,
-- `lease_us` is when that turn runs out, else 0.
ALTER TABLE ballots ADD COLUMN marked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ballots ADD COLUMN drawn INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ballots ADD COLUMN draws INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ballots ADD COLUMN drawn_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ballots ADD COLUMN lease_us INTEGER NOT NULL DEFAULT 0;

-- What was voted in the last minutes before the program stopped may not have been drawn any more.
UPDATE ballots SET marked = 1 WHERE active_us > (SELECT max(seen_us) FROM presence) - 600000000;

CREATE INDEX ballots_behind ON ballots (id) WHERE marked > drawn AND NOT frozen;

-- When a team's messages were last drawn, as many as are allowed in a minute, each in a place of its own.
CREATE TABLE draws (
    team INTEGER NOT NULL,
    place INTEGER NOT NULL,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (team, place)
) STRICT, WITHOUT ROWID;
