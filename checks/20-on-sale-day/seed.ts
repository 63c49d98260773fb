import { hash } from 'bcrypt';
import type { Client } from 'pg';

/** About 4 ms a password, so that a minute of logins fits on two cores. For real passwords: 12. */
const rounds = 6;
/** As many customers have a password: friday-1, friday-2 and so on. The others have to set a new one. */
const withPassword = 400;

const tables = `
CREATE TABLE customers (
  id int PRIMARY KEY,
  email text NOT NULL UNIQUE,
  name text NOT NULL,
  password_hash text NOT NULL
);
CREATE TABLE venues (
  id int PRIMARY KEY,
  name text NOT NULL
);
CREATE TABLE events (
  id int PRIMARY KEY,
  title text NOT NULL,
  venue_id int NOT NULL REFERENCES venues,
  starts_at timestamptz NOT NULL,
  on_sale boolean NOT NULL,
  seats int NOT NULL, -- all that there are
  seats_left int NOT NULL
);
CREATE TABLE orders (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id int NOT NULL REFERENCES customers,
  event_id int NOT NULL REFERENCES events,
  seats int NOT NULL,
  placed_at timestamptz NOT NULL DEFAULT now(),
  confirmed_at timestamptz -- when the mail relay took the confirmation
);

INSERT INTO venues
SELECT n, CASE n WHEN 3 THEN 'Halle "Nord", Tor 3' WHEN 7 THEN 'L''Olympia' WHEN 11 THEN 'Café <Central>' ELSE 'Hall ' || n END
FROM generate_series(1, 30) AS n;

-- 1 to 60 are on sale, 101 to 500 are over. 1 is the one that everybody wants.
INSERT INTO events
SELECT n,
  CASE WHEN n = 1 THEN 'Friday, ten o''clock' ELSE (ARRAY['Late Show', 'Open Air', 'Unplugged', 'Matinée', 'Brass & Strings'])[n % 5 + 1] || ' ' || n END,
  n * 7 % 30 + 1,
  timestamptz '2027-03-05 19:30:00+00' + n * 37 % 60 * interval '1 day' - CASE WHEN n > 60 THEN interval '2 years' ELSE interval '0' END,
  n <= 60,
  CASE n WHEN 1 THEN 500 WHEN 2 THEN 120 WHEN 3 THEN 8 ELSE 5000 + n * 31 END,
  CASE n WHEN 1 THEN 500 WHEN 2 THEN 120 WHEN 3 THEN 8 ELSE 5000 + n * 31 END
FROM generate_series(1, 500) AS n WHERE n <= 60 OR n > 100;
`;

/** 40 orders each of the customers without a password, and 0 to 20 of the others. Not in the order of their times. */
const orders = `
INSERT INTO orders (customer_id, event_id, seats, placed_at, confirmed_at)
SELECT 1 + n % 5000, 101 + n * 17 % 400, 1 + n % 4, placed_at, placed_at
FROM (SELECT n, timestamptz '2025-01-01 00:00:00+00' + n::bigint * 7919 % 200000 * interval '2 minutes' AS placed_at FROM generate_series(0, 199999) AS n) AS old
WHERE n % 5000 >= ${withPassword} OR n / 5000 < (1 + n % 5000) % 21;
UPDATE events SET seats_left = seats_left - sold FROM (SELECT event_id, sum(seats) AS sold FROM orders GROUP BY event_id) AS s WHERE event_id = events.id;
`;

/** The shop's database as it is on Thursday: 60 events on sale, 400 customers who can log in, and two years of orders. */
export default async function seed(client: Client): Promise<void> {
  await client.query(tables);
  const hashes = await Promise.all(Array.from({ length: withPassword }, (_, n) => hash(`friday-${n + 1}`, rounds)));
  await client.query(
    `INSERT INTO customers
     SELECT n, 'customer' || n || '@example.org',
       CASE n % 10 WHEN 3 THEN 'Zoë O''Malley ' || n WHEN 7 THEN 'Jürgen "Jay" ' || n ELSE 'Customer ' || n END,
       coalesce(($1::text[])[n], 'none')
     FROM generate_series(1, 5000) AS n`,
    [hashes],
  );
  await client.query(orders);
}
