console.log(`${process.env.GREETING}, migrating`);
if (process.env.GREETING === 'fail') process.exitCode = 4;
