import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { differences } from '../../editions/differences';
import { root } from '../docs/support';

it('docs/editions.md has each difference, with the sentence that the tests go by, and no other', () => {
	const page = readFileSync(join(root, 'docs/editions.md'), 'utf8');
	const [, section = ''] = page.split('\n## Differences\n');
	const [own = ''] = section.split('\n## ');
	const rows = [...own.matchAll(/^\| `([\w-]+)` +\| (.*?) +\|$/gm)].map(([, name = '', sentence = '']) => [
		name,
		sentence,
	]);
	expect(Object.fromEntries(rows)).toEqual(differences);
});

it('only client/edition.ts and client/offers.ts name the edition that is built', () => {
	const sources = ['client', 'nodes', 'credentials'].flatMap((folder) =>
		readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
			.filter((file) => file.endsWith('.ts'))
			.map((file) => `${folder}/${file}`),
	);
	const naming = sources.filter((file) => /editions\/(full|cloud)/.test(readFileSync(join(root, file), 'utf8')));
	expect(naming.sort()).toEqual(['client/edition.ts', 'client/offers.ts']);
});
