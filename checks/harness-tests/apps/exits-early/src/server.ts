console.error('config.json: not found');
process.exit(3);
