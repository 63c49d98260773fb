// The platform team has given the order desk a second process, for work that no customer waits for. Nothing has moved here yet.
console.log('worker: nothing to do');
const idle = setInterval(() => {}, 60_000);
process.on('SIGTERM', () => clearInterval(idle));
