CREATE TABLE daily_totals (
  day date NOT NULL,
  city text NOT NULL,
  orders integer NOT NULL,
  total_cents bigint NOT NULL,
  PRIMARY KEY (day, city)
);

-- Orders that come meanwhile wait, and are counted by the trigger.
LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE;

CREATE FUNCTION add_to_daily_totals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO daily_totals AS total
  VALUES ((NEW.placed_at AT TIME ZONE 'UTC')::date, NEW.city, 1, NEW.total_cents)
  ON CONFLICT (day, city) DO UPDATE
    SET orders = total.orders + 1, total_cents = total.total_cents + excluded.total_cents;
  RETURN NEW;
END $$;

CREATE TRIGGER add_to_daily_totals AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION add_to_daily_totals();

INSERT INTO daily_totals
SELECT (placed_at AT TIME ZONE 'UTC')::date, city, count(*), sum(total_cents) FROM orders GROUP BY 1, 2;
