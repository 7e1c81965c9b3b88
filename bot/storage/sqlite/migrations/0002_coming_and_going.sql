-- The coming and going of teams, and what a platform's part of the program keeps.

-- A departure that a later arrival has made up for is not kept.
ALTER TABLE teams ADD COLUMN arrived_us INTEGER;
ALTER TABLE teams ADD COLUMN departed_us INTEGER;

CREATE INDEX teams_departed ON teams (departed_us) WHERE departed_us IS NOT NULL;
CREATE INDEX forgotten_by_team ON forgotten (team);

-- Ids of what was erased are not given out again: messages and memory may still refer to them.
ALTER TABLE store ADD COLUMN last_team INTEGER NOT NULL DEFAULT 0;
ALTER TABLE store ADD COLUMN last_subscription INTEGER NOT NULL DEFAULT 0;
ALTER TABLE store ADD COLUMN last_run INTEGER NOT NULL DEFAULT 0;

CREATE INDEX ballots_for_all ON ballots (team, posted_us) WHERE kind = 'comparison' AND NOT private AND NOT frozen;

-- When the bot was last connected to each platform.
CREATE TABLE presence (
    platform TEXT PRIMARY KEY CHECK (platform <> ''),
    seen_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The body is encrypted; the keys are not in this file.
CREATE TABLE slack_installations (
    team_id TEXT PRIMARY KEY CHECK (team_id <> ''),
    installed_us INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Each state of an installation under way, as a hash.
CREATE TABLE slack_states (
    hash TEXT PRIMARY KEY CHECK (length(hash) = 64),
    expires_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX slack_states_by_end ON slack_states (expires_us);
