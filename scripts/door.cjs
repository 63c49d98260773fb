// The first file of every command. CommonJS, because Node can't import an ES module below a folder with a backslash in its name.
'use strict';

if (process.platform !== 'win32' && __dirname.includes('\\')) {
  console.error(
    `Node can't import modules below a folder with a backslash in its name, and this one is ${__dirname.replace(/\/scripts$/, '')}. Rename that folder or move this one, then run the same command again.`,
  );
  process.exitCode = 2;
} else import('./workshop.js');
