/** What readers click, copy or look up in the documents must be there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { CognigyAiApi } from '../../../credentials/CognigyAiApi.credentials';
import { CognigyApi } from '../../../credentials/CognigyApi.credentials';
import { ERROR_CATEGORIES } from '../../../client/errors';
import { CognigyResetSession } from '../../../nodes/CognigyResetSession/CognigyResetSession.node';
import { CognigyStreamMessagesTrigger } from '../../../nodes/CognigyStreamMessagesTrigger/CognigyStreamMessagesTrigger.node';
import { CognigyTriggerFlow } from '../../../nodes/CognigyTriggerFlow/CognigyTriggerFlow.node';
import { CognigyValidateVersion } from '../../../nodes/CognigyValidateVersion/CognigyValidateVersion.node';
import { CognigyWebhookTrigger } from '../../../nodes/CognigyWebhookTrigger/CognigyWebhookTrigger.node';

const root = join(__dirname, '../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const documents = [
	'README.md',
	'CHANGELOG.md',
	'CONTRIBUTING.md',
	...readdirSync(join(root, 'docs'))
		.filter((name) => name.endsWith('.md'))
		.map((name) => `docs/${name}`),
];

/** Text of a document without its code. */
const proseOf = (path: string) => read(path).replace(/^```[\s\S]*?^```/gm, '');
const blocksOf = (path: string, language: string) =>
	[...read(path).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, code = '']) => code);

/** As GitHub makes it of a heading. */
const anchorsOf = (path: string) =>
	[...proseOf(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
		heading
			.toLowerCase()
			.replace(/[^\w\- ]/g, '')
			.replace(/ /g, '-'),
	);

describe.each(documents)('%s', (path) => {
	it('links only to what is there', () => {
		const links = [...proseOf(path).matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, link = '']) => link);
		const broken = links.filter((link) => {
			const [file = '', anchor] = link.split('#');
			const target = file === '' ? path : join(dirname(path), file);
			if (!existsSync(join(root, target))) return true;
			return anchor !== undefined && !anchorsOf(target).includes(anchor);
		});
		expect(broken).toEqual([]);
	});

	it('names only scripts that package.json has', () => {
		const { scripts } = JSON.parse(read('package.json')) as { scripts: object };
		const named = [...read(path).matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name);
		expect(named.filter((name) => !(name in scripts))).toEqual([]);
	});

	it('has JSON examples that are JSON', () => {
		for (const example of blocksOf(path, 'json')) expect(() => JSON.parse(example) as unknown).not.toThrow();
	});
});

describe('README.md', () => {
	const nodes = [
		new CognigyResetSession(),
		new CognigyStreamMessagesTrigger(),
		new CognigyTriggerFlow(),
		new CognigyValidateVersion(),
		new CognigyWebhookTrigger(),
	];

	it.each(nodes.map(({ description }) => [description.displayName, description.properties] as const))(
		'tells of every parameter of %s',
		(_name, properties) => {
			const options = properties.flatMap(({ name, options = [] }) => (name === 'options' ? options : []));
			const shown = [...properties, ...options].filter(
				(property) => !('type' in property && property.type === 'hidden'),
			);
			const names = shown.map(({ name }) => name).filter((name) => name !== 'options');
			expect(names.filter((name) => !read('README.md').includes(`\`${name}\``) && name !== 'authentication')).toEqual(
				[],
			);
		},
	);

	it.each(
		[new CognigyAiApi(), new CognigyApi()].map(({ displayName, properties }) => [displayName, properties] as const),
	)('tells of every field of the credential %s', (_name, fields) => {
		const shown = fields.filter(({ type }) => type !== 'hidden' && type !== 'notice').map(({ name }) => name);
		expect(shown.filter((name) => !read('README.md').includes(`\`${name}\``))).toEqual([]);
	});

	it('tells of every template', () => {
		const templates = readdirSync(join(root, 'workflows'));
		expect(templates.filter((name) => !read('README.md').includes(`workflows/${name}`))).toEqual([]);
	});

	it('has every picture of docs/images', () => {
		const pictures = readdirSync(join(root, 'docs/images'));
		expect(pictures.filter((name) => !read('README.md').includes(`docs/images/${name}`))).toEqual([]);
	});
});

it('docs/errors.md tells of every category', () => {
	expect(ERROR_CATEGORIES.filter((category) => !read('docs/errors.md').includes(`| \`${category}\``))).toEqual([]);
});

it('docs/architecture.md names only folders and files that are there', () => {
	const named = [...proseOf('docs/architecture.md').matchAll(/`((?:client|nodes|sandbox|test)\/[\w./-]*)`/g)];
	expect(named.map(([, path = '']) => path).filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
