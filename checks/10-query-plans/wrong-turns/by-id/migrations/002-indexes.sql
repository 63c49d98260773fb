CREATE INDEX orders_by_email ON orders (email, id);
CREATE INDEX orders_by_city ON orders (city, id);
CREATE INDEX orders_by_time ON orders (placed_at) INCLUDE (city, total_cents);
