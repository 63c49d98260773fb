// Connects to nothing, listens on nothing, and stays.
setInterval(() => {}, 1_000);
console.log('warming up');
