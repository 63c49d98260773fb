CREATE INDEX IF NOT EXISTS orders_email_newest ON orders (email, placed_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS orders_city_newest ON orders (city, placed_at DESC, id DESC) INCLUDE (reference, email, seats, total_cents);
CREATE INDEX IF NOT EXISTS orders_day ON orders (((placed_at AT TIME ZONE 'UTC')::date));
