CREATE INDEX orders_of_customer ON orders (email, placed_at DESC, id DESC);
CREATE INDEX orders_of_city ON orders (city, placed_at, id);
