-- 300 events on 100 days, three at the same time on each. Deterministic: nothing random, nothing of today.
-- The heap is in no order that a list could be in by chance: the highest id first, the last position of a line-up first.
ALTER ROLE CURRENT_USER SET timezone = 'Europe/Oslo'; -- As the shop's own clock. A day of the calendar is one in UTC all the same.

CREATE TABLE venues (
  id int PRIMARY KEY,
  name text NOT NULL,
  city text NOT NULL
);
CREATE TABLE artists (
  id int PRIMARY KEY,
  name text NOT NULL
);
CREATE TABLE events (
  id int PRIMARY KEY,
  title text NOT NULL,
  starts_at timestamptz NOT NULL,
  venue_id int REFERENCES venues, -- null until the venue is announced
  poster bytea NOT NULL
);
ALTER TABLE events ALTER COLUMN poster SET STORAGE EXTERNAL; -- as pictures are: they don't compress
CREATE TABLE event_artists (
  event_id int NOT NULL REFERENCES events,
  position int NOT NULL, -- the headliner is 1
  artist_id int NOT NULL REFERENCES artists,
  PRIMARY KEY (event_id, position)
);
CREATE TABLE prices (
  id int PRIMARY KEY,
  event_id int NOT NULL REFERENCES events,
  area text NOT NULL,
  price_cents int NOT NULL
);
CREATE INDEX prices_event_id ON prices (event_id);
CREATE INDEX events_starts_at ON events (starts_at);

-- 26 to 400 host nothing: whoever reads the whole table reads them, too. Number 6 has the id 0.
INSERT INTO venues
SELECT CASE n WHEN 6 THEN 0 ELSE n END,
  CASE n WHEN 3 THEN 'Halle "Nord", Tor 3' WHEN 11 THEN 'L''Olympia' WHEN 19 THEN 'Rock\Pop; {Arena}' ELSE (ARRAY['Halle', 'Arena', 'Opera', 'Docks', 'Palace'])[n % 5 + 1] || ' ' || n END,
  (ARRAY['Berlin', 'Oslo', 'Lisbon', 'Vienna', 'Dublin', 'Prague', 'Riga'])[n % 7 + 1]
FROM generate_series(1, 400) AS n;

-- 1 and 61 are two bands of one name. Number 33 has the id 0. 62 to 600 play nowhere. Some names hold what a list made of text would be split at.
INSERT INTO artists
SELECT CASE n WHEN 33 THEN 0 ELSE n END,
  CASE n
    WHEN 7 THEN 'Salt, Pepper & Brass'
    WHEN 14 THEN 'Sinéad O''Malley'
    WHEN 21 THEN '"Fast" Eddie | {The Null}'
    WHEN 28 THEN 'null'
    WHEN 35 THEN 'Back\slash; A:B'
    WHEN 42 THEN ' Blank '
    ELSE 'The ' || (ARRAY['Velvet', 'Silent', 'Paper', 'Northern', 'Electric', 'Second'])[n % 6 + 1]
    || ' ' || (ARRAY['Foxes', 'Rivers', 'Machines', 'Letters', 'Ghosts', 'Trains', 'Mirrors', 'Sundays', 'Owls', 'Harbours'])[n % 60 / 6 + 1]
  END
FROM generate_series(1, 600) AS n;

-- The order of the ids is not the order of the days. Some begin at midnight UTC, some 13 ms before. Number 299 is long over.
INSERT INTO events
SELECT n,
  (ARRAY['Late Show', 'Open Air', 'Unplugged', 'Farewell Tour', 'Matinee', 'Festival'])[n % 6 + 1] || ' ' || n || CASE WHEN n % 23 = 4 THEN ': "Encore, encore"' ELSE '' END,
  CASE n WHEN 299 THEN '2001-09-08 18:15:00+00' ELSE timestamptz '2027-03-05 00:00:00+00' + (n * 119 % 300 / 3) * interval '24 hours'
    + (ARRAY['19:30', '23:59:59.987', '00:00', '18:15', '20:45'])[n * 119 % 300 / 3 % 5 + 1]::interval END,
  CASE WHEN n % 17 <> 7 THEN CASE n % 25 WHEN 5 THEN 0 ELSE n % 25 + 1 END END,
  decode(repeat(md5(n::text), 1920), 'hex') -- 30,720 bytes
FROM generate_series(1, 300) AS n ORDER BY n DESC;

-- Every fifth event is a festival: 20 artists and 60 prices. The others have 5 and 15. Some have none yet.
-- Who opens a festival closes it, too. Where one was withdrawn, nobody has moved up: positions 1, 2, 4 and so on.
INSERT INTO event_artists
SELECT n, CASE WHEN n % 7 = 5 AND k > 2 THEN k + 1 ELSE k END,
  CASE (n * 7 + k % 19 * 3) % 61 WHEN 32 THEN 0 ELSE (n * 7 + k % 19 * 3) % 61 + 1 END
FROM generate_series(1, 300) AS n, generate_series(1, 20) AS k
WHERE n % 11 <> 3 AND (k <= 5 OR n % 5 = 0) ORDER BY k DESC, n;

-- The cheapest is seldom the first. Every 41st event has an area that is free.
INSERT INTO prices
SELECT n * 100 + k, n, 'Block ' || k,
  CASE WHEN n % 41 = 0 AND k = 4 THEN 0 ELSE 1900 + (n * 37 + k * 53) % 90 * 100 END
FROM generate_series(1, 300) AS n, generate_series(1, 60) AS k
WHERE n % 13 <> 5 AND (k <= 15 OR n % 5 = 0);
