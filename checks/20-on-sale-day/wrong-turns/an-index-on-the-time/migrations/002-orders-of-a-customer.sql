-- The newest orders, in the order in which they are shown.
CREATE INDEX orders_placed_at ON orders (placed_at DESC, id DESC);
