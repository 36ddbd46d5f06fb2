// Whether a release can be made from here (docs/releasing.md). Without dependencies, as nothing is installed yet.
// Usage: node tools/release/check.mjs <tag> <address of the repository that runs this>
import { readFileSync } from 'node:fs';

const [tag, address] = process.argv.slice(2);
const packages = ['package.json', 'editions/cloud/package.json'].map((path) => ({
	path,
	...JSON.parse(readFileSync(path, 'utf8')),
}));

const problems = packages.flatMap(({ path, name, version, repository }) => {
	const { url = '' } = repository ?? {};
	return [
		tag === `v${version}` ? undefined : `${path} has version ${version}, and the tag is ${tag}`,
		url === ''
			? `${path} has no "repository": npm makes no provenance statement without it, and n8n finds no sources of ${name}. ` +
				'Put its address into package.json and run "npm run build:cloud" (docs/releasing.md).'
			: addressOf(url) === addressOf(address)
				? undefined
				: `${path} names the repository ${url}, and this is ${address}`,
	].filter((problem) => problem !== undefined);
});
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

function addressOf(url = '') {
	return url
		.replace(/^git\+/, '')
		.replace(/\.git$/, '')
		.toLowerCase();
}
