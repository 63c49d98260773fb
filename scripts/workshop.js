// The door to every command. Plain JavaScript in old syntax, so that any Node can at least say what is missing.
import { existsSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);

if (!existsSync(new URL('../node_modules', import.meta.url))) {
  console.error('The packages are not installed yet. Run: npm install');
  process.exitCode = 2;
} else if (major < 22 || (major === 22 && minor < 18)) {
  const brought = existsSync(new URL('../node_modules/.bin/node', import.meta.url));
  console.error(
    brought
      ? `This is Node ${process.versions.node}. Start commands with npm run, which uses the Node of this folder. npm run lessons lists them.`
      : `This is Node ${process.versions.node}; the workshop needs 22.18 or newer, and no packaged Node fits ${process.platform} ${process.arch}. Install Node 24 from nodejs.org, then run npm install again.`,
  );
  process.exitCode = 2;
} else {
  const { main } = await import('./cli.ts');
  process.exitCode = await main(process.argv.slice(2));
  // Whatever a library left open must not keep the learner waiting.
  process.exit();
}
