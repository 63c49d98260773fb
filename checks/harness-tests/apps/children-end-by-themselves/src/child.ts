// The parent has gone. What this one still has in hand, it ends.
process.on('disconnect', () => setTimeout(() => process.exit(), 150));
