// What any Yarn runs here instead of itself: .yarnrc.yml names it.
console.error('The workshop is installed by npm: its lock file and its overrides are npm’s. Run: npm install');
process.exitCode = 1;
