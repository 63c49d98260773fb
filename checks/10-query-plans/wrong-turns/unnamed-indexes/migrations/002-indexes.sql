CREATE INDEX ON orders (email, placed_at, id);
CREATE INDEX ON orders (city, placed_at, id);
CREATE INDEX ON orders (placed_at) INCLUDE (city, total_cents);
