CREATE TABLE events (id int PRIMARY KEY, title text NOT NULL);
INSERT INTO events SELECT n, 'event ' || n FROM generate_series(1, 20) AS n;
