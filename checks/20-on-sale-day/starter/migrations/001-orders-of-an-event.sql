-- For the report of the box office: what an event has sold.
CREATE INDEX orders_event_id ON orders (event_id);
