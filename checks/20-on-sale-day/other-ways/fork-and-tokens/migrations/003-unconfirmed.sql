-- For the worker, which looks for orders without a job.
CREATE INDEX orders_unconfirmed ON orders (id) WHERE confirmed_at IS NULL;
