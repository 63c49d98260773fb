console.log(`${process.env.GREETING}, migrating`);
if (process.env.GREETING === 'fail') process.exitCode = 4;
if (process.env.GREETING === 'throw')
  throw Object.assign(new Error('column "emial" does not exist'), { name: 'error', hint: undefined });
