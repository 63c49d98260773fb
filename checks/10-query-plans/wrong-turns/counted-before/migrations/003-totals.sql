LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE;
CREATE TABLE day_totals (
  day date,
  city text,
  orders bigint NOT NULL,
  total_cents bigint NOT NULL,
  PRIMARY KEY (day, city)
);
INSERT INTO day_totals
  SELECT (placed_at AT TIME ZONE 'UTC')::date, city, count(*), sum(total_cents) FROM orders GROUP BY 1, 2;

CREATE FUNCTION count_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO day_totals AS t VALUES ((NEW.placed_at AT TIME ZONE 'UTC')::date, NEW.city, 1, NEW.total_cents)
    ON CONFLICT (day, city) DO UPDATE SET orders = t.orders + 1, total_cents = t.total_cents + NEW.total_cents;
  RETURN NEW;
END $$;
CREATE TRIGGER count_order BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION count_order();
