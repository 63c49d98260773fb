module.exports = {
  apps: [{ name: 'app', script: 'src/server.ts', interpreter: 'node', exec_mode: 'cluster', instances: 2 }],
};
