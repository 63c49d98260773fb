-- The orders of the first hundred days of 2025, about 3,000 a day, and 60 of a night before. Nothing here is drawn or depends on the clock.
ALTER ROLE CURRENT_USER SET timezone = 'Europe/Oslo'; -- Where the order desk is. The days of its report are days in UTC.

CREATE TABLE orders (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  reference text NOT NULL UNIQUE,
  email text NOT NULL,
  city text NOT NULL,
  seats integer NOT NULL CHECK (seats BETWEEN 1 AND 8),
  total_cents integer NOT NULL CHECK (total_cents >= 0),
  placed_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO orders (id, reference, email, city, seats, total_cents, placed_at) OVERRIDING SYSTEM VALUE
SELECT
  n,
  'r' || n,
  CASE
    WHEN n <= 60000 AND n % 20 = 7 THEN 'desk@agency.example' -- 3,000 orders, none since January.
    WHEN n % 20000 = 17 THEN 'o''brien@example.org' -- 15.
    WHEN n BETWEEN 150001 AND 150060 THEN 'import@kiel.example' -- 60, all of one moment.
    WHEN n BETWEEN 150131 AND 150150 THEN 'kiosk@kiel.example' -- 20, all of the import.
    ELSE 'customer' || (n::bigint * 104729 % 40000) || '@example.org' -- 7 or 8 each, far apart.
  END,
  CASE
    WHEN n BETWEEN 150001 AND 150300 THEN 'kiel'
    WHEN n % 25000 = 11 THEN 'helgoland' -- 11, and one of kiel.
    WHEN n % 10000 = 13 THEN 'l''aquila' -- 29.
    ELSE (ARRAY['berlin', 'hamburg', 'munich', 'cologne', 'vienna', 'zurich', 'lisbon', 'oslo', 'dublin', 'ghent'])
      [1 + width_bucket(n * 919 % 1000, ARRAY[200, 350, 480, 590, 690, 780, 860, 930, 990])]
  END,
  1 + n * 5 % 8,
  -- On 8 March a stadium was sold: each of two cities comes to more than an integer holds. No two days come to the same.
  CASE WHEN n BETWEEN 200001 AND 200002 THEN 2147000000 ELSE (1 + n * 5 % 8) * (2500 + n * 37 % 60 * 100) + n / 997 * 10 END,
  CASE
    -- A night's import: 130 orders with the same moment, and 110 within one millisecond, the newest of these first: who sorts
    -- by id sorts by something else.
    WHEN n BETWEEN 150001 AND 150130 THEN timestamptz '2025-02-20 10:00:00+00'
    WHEN n BETWEEN 150131 AND 150240 THEN timestamptz '2025-02-20 10:00:00.001+00' + (150241 - n) * interval '7 microseconds'
    -- The night in which Oslo's clocks go back: from 02:02 to 02:58, and from 02:00 to 03:00 once more.
    WHEN n BETWEEN 150241 AND 150300 THEN timestamptz '2024-10-27 00:00:00+00' + (n - 150240) * interval '2 minutes'
    WHEN n = 134999 THEN timestamptz '2025-02-14 23:59:59.9995+00' -- And one at midnight, as on each day.
    ELSE timestamptz '2025-01-01 00:00:00+00' + n * interval '28.8 seconds' - n * 919 % 1000 * interval '1 microsecond'
  END
FROM generate_series(1, 300000) AS n
-- The import lies in the table in another order than that of its ids, so that who forgets the id sees it.
ORDER BY CASE WHEN n BETWEEN 150001 AND 150240 THEN 150001 + n * 7919 % 240 ELSE n END;
ALTER TABLE orders ALTER COLUMN id RESTART WITH 300001;

-- Names as people write them, and moments at which a date is easily taken for another one: the days around New Year, which may
-- belong to a week of another year, leap days, midnight in UTC and in Oslo, noon, and all kinds of digits behind the second.
INSERT INTO orders (reference, email, city, seats, total_cents, placed_at)
SELECT 'Import-' || n, (ARRAY['Ada.Lovelace@Example.org', 'Zoë+2@Example.org'])[1 + n % 2], 'Bodø', 1 + n % 8, n * 100, moment
FROM unnest(ARRAY[
  '2021-01-03 23:59:59.999999', '2021-01-04 00:00', '2021-01-01 00:00', '2021-01-02 12:30', '2020-12-31 12:00', '2020-12-29 23:30',
  '2020-02-29 00:00', '2020-02-29 23:59:59.999999', '2020-03-01 00:00:00.000001',
  '2023-12-31 22:59:59.999999', '2023-12-31 23:00', '2024-01-01 00:00:00.1', '2024-01-01 00:00:00.00001',
  '2024-02-29 12:00', '2024-02-29 12:59:59.5', '2024-02-29 13:00', '2024-12-29 12:00', '2024-12-30 00:30', '2024-12-31 23:30',
  '2024-12-31 23:59:59.999999', '2024-12-31 23:59:59.999999', '2025-12-28 23:30', '2025-12-29 00:00', '2025-12-31 12:00'
]::text[]) WITH ORDINALITY AS import (text, n), LATERAL (SELECT (text || '+00')::timestamptz AS moment);
INSERT INTO orders (reference, email, city, seats, total_cents, placed_at) VALUES
  ('import-1', 'ada.lovelace@example.org', 'bodø', 2, 2000, '2024-05-17 12:00+00'),
  ('IMPORT-1', 'Ada.Lovelace@Example.org ', 'Bodø ', 3, 3000, '2024-05-17 12:01+00'),
  ('Import-01', 'ada.lovelace@Example.org', 'BODØ', 4, 4000, '2024-05-17 12:02+00'),
  ('Import-é', 'rené@example.org', 'Orléans', 5, 5000, '2024-05-17 12:03+00'),
  (normalize('Import-é', NFD), normalize('rené@example.org', NFD), normalize('Orléans', NFD), 6, 6000, '2024-05-17 12:04+00'),
  ('Import-e', 'rene@example.org', 'Orleans', 7, 7000, '2024-05-17 12:05+00');
