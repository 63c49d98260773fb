-- None of it has to survive a crash of PostgreSQL, so none of it is written to the log.
CREATE UNLOGGED TABLE sessions (
  id text PRIMARY KEY,
  data json NOT NULL,
  ends_at timestamptz NOT NULL
);
CREATE INDEX sessions_ends_at ON sessions (ends_at);
CREATE UNLOGGED TABLE prices (
  event_id int PRIMARY KEY,
  cents int,
  good_until timestamptz NOT NULL DEFAULT '-infinity',
  leased_until timestamptz NOT NULL
);
CREATE UNLOGGED TABLE login_tries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX login_tries_key ON login_tries (key, at);
CREATE INDEX login_tries_at ON login_tries (at);
