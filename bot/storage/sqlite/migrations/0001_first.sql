-- The tables of the first version. Times are microseconds since 1970 UTC; persons are the platform's own ids,
-- always beside their team.

CREATE TABLE store (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    hash_key BLOB NOT NULL CHECK (length(hash_key) BETWEEN 16 AND 64),
    catalogue_revision INTEGER NOT NULL DEFAULT 0,
    marks_revision INTEGER NOT NULL DEFAULT 0,
    -- A hash of the catalogue file that came with the program and was loaded last.
    shipped TEXT
) STRICT;

INSERT INTO store (one, hash_key) VALUES (1, randomblob(32));

CREATE TABLE teams (
    id INTEGER PRIMARY KEY,
    platform TEXT NOT NULL CHECK (platform <> ''),
    external_id TEXT NOT NULL CHECK (external_id <> ''),
    UNIQUE (platform, external_id)
) STRICT;

-- The catalogue, shared by all teams.

CREATE TABLE tools (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE CHECK (slug <> ''),
    name TEXT NOT NULL CHECK (name <> ''),
    qualifier TEXT NOT NULL,
    maker TEXT NOT NULL,
    category TEXT NOT NULL,
    tagline TEXT NOT NULL,
    best_for TEXT NOT NULL,
    best_for_basis TEXT NOT NULL CHECK (best_for_basis IN ('stated', 'inferred')),
    description TEXT NOT NULL,
    entry TEXT NOT NULL,
    pricing TEXT NOT NULL,
    licence TEXT NOT NULL,
    sizes TEXT NOT NULL,
    origin TEXT NOT NULL,
    as_of TEXT,
    saved TEXT,
    -- The panel's share of ships, for ordering; below all others when no seat has spoken.
    favour REAL NOT NULL DEFAULT -1 CHECK (favour = -1 OR favour BETWEEN 0 AND 1)
) STRICT;

CREATE INDEX tools_by_category ON tools (category, favour DESC, name, slug);

CREATE TABLE reviews (
    tool INTEGER NOT NULL REFERENCES tools (id),
    seat TEXT NOT NULL CHECK (seat IN ('Builder', 'Skeptic', 'Futurist', 'Founder')),
    verdict TEXT NOT NULL CHECK (verdict IN ('ship', 'skip')),
    basis TEXT NOT NULL CHECK (basis IN ('stated', 'inferred')),
    score INTEGER CHECK (score BETWEEN 0 AND 100),
    words TEXT NOT NULL,
    wording TEXT NOT NULL CHECK (wording IN ('quote', 'paraphrase')),
    origin TEXT NOT NULL,
    as_of TEXT,
    saved TEXT,
    PRIMARY KEY (tool, seat)
) STRICT, WITHOUT ROWID;

CREATE TABLE tool_words (
    tool INTEGER NOT NULL REFERENCES tools (id),
    place INTEGER NOT NULL,
    word TEXT NOT NULL,
    PRIMARY KEY (tool, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE redirects (
    slug TEXT PRIMARY KEY CHECK (slug <> ''),
    tool INTEGER NOT NULL REFERENCES tools (id),
    place INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX redirects_by_tool ON redirects (tool, place);

CREATE TABLE category_aliases (
    category TEXT NOT NULL,
    place INTEGER NOT NULL,
    alias TEXT NOT NULL,
    PRIMARY KEY (category, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE tool_changes (
    id INTEGER PRIMARY KEY,
    tool INTEGER NOT NULL REFERENCES tools (id),
    at_us INTEGER NOT NULL,
    field TEXT NOT NULL CHECK (field <> ''),
    before TEXT NOT NULL,
    after TEXT NOT NULL
) STRICT;

CREATE INDEX tool_changes_by_time ON tool_changes (at_us, tool, field);
CREATE INDEX tool_changes_by_tool ON tool_changes (tool, at_us);

-- Ballots and marks: what people said. A mark can only be made on an option its ballot has.

CREATE TABLE ballots (
    id INTEGER PRIMARY KEY CHECK (id > 0),
    team INTEGER NOT NULL REFERENCES teams (id),
    kind TEXT NOT NULL CHECK (kind IN ('comparison', 'card')),
    channel TEXT NOT NULL,
    private INTEGER NOT NULL CHECK (private IN (0, 1)),
    asker TEXT NOT NULL,
    platform TEXT NOT NULL,
    message_channel TEXT NOT NULL,
    message TEXT NOT NULL,
    posted_us INTEGER NOT NULL,
    frozen INTEGER NOT NULL DEFAULT 0 CHECK (frozen IN (0, 1)),
    -- When it was last posted or marked, so that recent ballots are found without reading marks.
    active_us INTEGER NOT NULL CHECK (active_us >= posted_us),
    UNIQUE (platform, message_channel, message)
) STRICT;

CREATE INDEX ballots_by_channel ON ballots (team, channel, posted_us);
CREATE INDEX ballots_by_activity ON ballots (team, active_us);
CREATE INDEX ballots_by_asker ON ballots (team, asker);

CREATE TABLE ballot_options (
    ballot INTEGER NOT NULL REFERENCES ballots (id),
    option INTEGER NOT NULL CHECK (option BETWEEN 0 AND 4),
    tool INTEGER REFERENCES tools (id) CHECK ((option = 0) = (tool IS NULL)),
    PRIMARY KEY (ballot, option),
    UNIQUE (ballot, tool)
) STRICT, WITHOUT ROWID;

CREATE INDEX ballot_options_by_tool ON ballot_options (tool);

-- A ballot with its tools in option order, joined by commas.
CREATE VIEW whole_ballots AS
SELECT b.id, b.team, b.kind, b.channel, b.private, b.asker, b.platform, b.message_channel, b.message, b.posted_us,
    b.frozen,
    (SELECT group_concat(tool) FROM (
        SELECT tool FROM ballot_options WHERE ballot = b.id AND option > 0 ORDER BY option)) AS tools,
    b.active_us
FROM ballots AS b;

-- Kept in order of person: a vote reads all that one person said, however much everybody said.
CREATE TABLE marks (
    person TEXT NOT NULL CHECK (person <> '' AND instr(person, char(0)) = 0),
    ballot INTEGER NOT NULL,
    option INTEGER NOT NULL,
    via TEXT NOT NULL CHECK (via IN ('reaction', 'button')),
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    at_us INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (person, ballot, option, via),
    FOREIGN KEY (ballot, option) REFERENCES ballot_options (ballot, option)
) STRICT, WITHOUT ROWID;

CREATE INDEX marks_by_ballot ON marks (ballot);

-- The hash is keyed and taken over team and person together; nothing here names anybody.
CREATE TABLE forgotten (
    person_hash TEXT PRIMARY KEY,
    team INTEGER NOT NULL REFERENCES teams (id),
    at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Cached counters: a rebuild from marks gives the same.

-- A standing with the explicit mark that decides it, so that a new mark is weighed against that one alone.
-- Where all ballots passed the tool over, the three are 0.
CREATE TABLE standings (
    team INTEGER NOT NULL,
    person TEXT NOT NULL,
    tool INTEGER NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('ship', 'skip')),
    at_us INTEGER NOT NULL,
    posted_us INTEGER NOT NULL,
    ballot INTEGER NOT NULL CHECK (ballot <> 0 OR verdict = 'skip'),
    PRIMARY KEY (team, person, tool)
) STRICT, WITHOUT ROWID;

CREATE TABLE tallies (
    team INTEGER NOT NULL,
    tool INTEGER NOT NULL,
    ships INTEGER NOT NULL CHECK (ships >= 0),
    skips INTEGER NOT NULL CHECK (skips >= 0),
    PRIMARY KEY (team, tool)
) STRICT, WITHOUT ROWID;

-- One row for every two tools that have stood on one ballot of the team together, zeroes included.
CREATE TABLE pairs (
    team INTEGER NOT NULL,
    first INTEGER NOT NULL,
    second INTEGER NOT NULL CHECK (first < second),
    prefer_first INTEGER NOT NULL CHECK (prefer_first >= 0),
    prefer_second INTEGER NOT NULL CHECK (prefer_second >= 0),
    both INTEGER NOT NULL CHECK (both >= 0),
    neither INTEGER NOT NULL CHECK (neither >= 0),
    PRIMARY KEY (team, first, second)
) STRICT, WITHOUT ROWID;

CREATE INDEX pairs_by_second ON pairs (team, second);

-- The tally as it stood after the last change of a minute, so that a digest can tell what moved since.
CREATE TABLE tally_log (
    team INTEGER NOT NULL,
    tool INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    at_us INTEGER NOT NULL CHECK (at_us / 60000000 = minute),
    ships INTEGER NOT NULL CHECK (ships >= 0),
    skips INTEGER NOT NULL CHECK (skips >= 0),
    PRIMARY KEY (team, tool, minute)
) STRICT, WITHOUT ROWID;

CREATE INDEX tally_log_by_time ON tally_log (team, at_us);

-- What people keep for themselves and for their team.

CREATE TABLE bookmarks (
    team INTEGER NOT NULL REFERENCES teams (id),
    person TEXT NOT NULL CHECK (person <> ''),
    tool INTEGER NOT NULL REFERENCES tools (id),
    saved_us INTEGER NOT NULL,
    panel_ships INTEGER NOT NULL,
    panel_skips INTEGER NOT NULL,
    entry TEXT NOT NULL,
    pricing TEXT NOT NULL,
    community_ships INTEGER NOT NULL,
    community_skips INTEGER NOT NULL,
    PRIMARY KEY (team, person, tool)
) STRICT, WITHOUT ROWID;

CREATE TABLE team_aliases (
    team INTEGER NOT NULL REFERENCES teams (id),
    words TEXT NOT NULL CHECK (words <> ''),
    tool INTEGER NOT NULL REFERENCES tools (id),
    set_by TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (team, words)
) STRICT, WITHOUT ROWID;

-- Weekly digests. A subscription that was stopped stays, for its runs stay on record.

CREATE TABLE subscriptions (
    id INTEGER PRIMARY KEY,
    team INTEGER NOT NULL REFERENCES teams (id),
    channel TEXT NOT NULL,
    private INTEGER NOT NULL CHECK (private IN (0, 1)),
    weekday INTEGER NOT NULL CHECK (weekday BETWEEN 0 AND 6),
    hour INTEGER NOT NULL CHECK (hour BETWEEN 0 AND 23),
    minute INTEGER NOT NULL CHECK (minute BETWEEN 0 AND 59),
    zone TEXT NOT NULL,
    set_by TEXT NOT NULL,
    since_us INTEGER NOT NULL,
    next_due_us INTEGER NOT NULL,
    stopped INTEGER NOT NULL DEFAULT 0 CHECK (stopped IN (0, 1)),
    UNIQUE (team, channel)
) STRICT;

CREATE INDEX subscriptions_by_due ON subscriptions (next_due_us) WHERE stopped = 0;

CREATE TABLE digest_runs (
    id INTEGER PRIMARY KEY,
    subscription INTEGER NOT NULL REFERENCES subscriptions (id),
    due_us INTEGER NOT NULL,
    since_us INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('claimed', 'attempted', 'posted', 'unconfirmed', 'skipped', 'failed')),
    lease_us INTEGER NOT NULL,
    platform TEXT,
    message_channel TEXT,
    message TEXT,
    UNIQUE (subscription, due_us)
) STRICT;

CREATE INDEX digest_runs_under_lease ON digest_runs (lease_us) WHERE state IN ('claimed', 'attempted');

-- What was said in a terminal channel, which has no platform to remember it.

CREATE TABLE terminal_messages (
    channel TEXT NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    author TEXT NOT NULL,
    body TEXT NOT NULL,
    ballot INTEGER,
    digest INTEGER,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (channel, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX terminal_messages_by_digest ON terminal_messages (channel, digest) WHERE digest IS NOT NULL;
