-- The column that is compared for equality first, then the order of the list. Read backwards it is the other order.
CREATE INDEX orders_by_email ON orders (email, placed_at, id);
CREATE INDEX orders_by_city ON orders (city, placed_at, id);

-- A day of the report is a piece of this index. With city and total in it, the table is not needed.
CREATE INDEX orders_by_time ON orders (placed_at) INCLUDE (city, total_cents);
