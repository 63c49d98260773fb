-- Whatever the shop does, no event is oversold.
ALTER TABLE events ADD CONSTRAINT events_seats_left_check CHECK (seats_left >= 0);
