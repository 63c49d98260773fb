// What `pm2 start` was told by hand on Monday, in a file.
module.exports = {
  apps: [{ name: 'desk', script: 'src/server.ts', interpreter: 'node' }],
};
