-- A customer's newest orders, in the order in which they are shown.
CREATE INDEX orders_customer ON orders (customer_id, placed_at DESC, id DESC);
