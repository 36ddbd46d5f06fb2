/** What readers click, copy or look up in the documents must be there. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { CognigyAiApi } from '../../../credentials/CognigyAiApi.credentials';
import { CognigyApi } from '../../../credentials/CognigyApi.credentials';
import { ERROR_CATEGORIES } from '../../../client/errors';
import { CognigyConversation } from '../../../nodes/CognigyConversation/CognigyConversation.node';
import { CognigyRelease } from '../../../nodes/CognigyRelease/CognigyRelease.node';
import { CognigyResetSession } from '../../../nodes/CognigyResetSession/CognigyResetSession.node';
import { CognigyStreamMessagesTrigger } from '../../../nodes/CognigyStreamMessagesTrigger/CognigyStreamMessagesTrigger.node';
import { CognigyTriggerFlow } from '../../../nodes/CognigyTriggerFlow/CognigyTriggerFlow.node';
import { CognigyValidateVersion } from '../../../nodes/CognigyValidateVersion/CognigyValidateVersion.node';
import { CognigyWebhookTrigger } from '../../../nodes/CognigyWebhookTrigger/CognigyWebhookTrigger.node';
import { anchorsOf, documents, proseOf, read, root } from './support';

const README_LIMIT_BYTES = 16_000;

const blocksOf = (path: string, language: string) =>
	[...read(path).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, code = '']) => code);

/** Files that a document links to or shows, by their paths in the repository. */
const linkedFrom = (path: string) =>
	[...proseOf(path).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => join(dirname(path), link));

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

	it('has headings whose anchors differ', () => {
		expect(anchorsOf(path)).toEqual([...new Set(anchorsOf(path))]);
	});
});

describe('README.md', () => {
	it('is short', () => {
		expect(Buffer.byteLength(read('README.md'))).toBeLessThanOrEqual(README_LIMIT_BYTES);
	});

	it('leads to the index', () => {
		expect(linkedFrom('README.md')).toContain('docs/README.md');
	});
});

/** What all action nodes have in common. */
const COMMON_PAGE = 'docs/nodes/options.md';
const nodes = [
	{ node: new CognigyConversation(), page: 'docs/nodes/conversation.md', shared: COMMON_PAGE },
	{ node: new CognigyRelease(), page: 'docs/nodes/release.md', shared: COMMON_PAGE },
	{ node: new CognigyResetSession(), page: 'docs/nodes/reset-session.md', shared: COMMON_PAGE },
	{ node: new CognigyStreamMessagesTrigger(), page: 'docs/nodes/stream-messages.md', shared: undefined },
	{ node: new CognigyTriggerFlow(), page: 'docs/nodes/trigger-flow.md', shared: COMMON_PAGE },
	{ node: new CognigyValidateVersion(), page: 'docs/nodes/validate-version.md', shared: COMMON_PAGE },
	{ node: new CognigyWebhookTrigger(), page: 'docs/nodes/webhook-trigger.md', shared: undefined },
];

describe.each(nodes.map(({ node, page, shared }) => ({ ...node.description, page, shared })))(
	'$page',
	({ displayName, name, properties, page, shared }) => {
		it('is called like its node', () => {
			expect(read(page)).toMatch(new RegExp(`^# ${displayName}\\n`));
		});

		it('tells of every parameter', () => {
			const options = properties.flatMap(({ name, options = [] }) => (name === 'options' ? options : []));
			const shown = [...properties, ...options].filter(
				(property) => !('type' in property && property.type === 'hidden'),
			);
			const names = shown.map(({ name }) => name).filter((name) => name !== 'options' && name !== 'authentication');
			const text = [page, ...(shared === undefined ? [] : [shared])].map(read).join('\n');
			expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
		});

		it('shows what comes out, and leads to the errors', () => {
			expect(blocksOf(page, 'json')).not.toEqual([]);
			expect(linkedFrom(page)).toContain('docs/errors.md');
			if (shared !== undefined) expect(linkedFrom(page)).toContain(shared);
		});

		it.each(['README.md', 'docs/README.md', 'docs/guarantees.md'])('is found from %s', (from) => {
			expect(linkedFrom(from)).toContain(page);
		});

		it('has its name in docs/guarantees.md', () => {
			expect(read('docs/guarantees.md')).toContain(`\`${name}\``);
		});
	},
);

it('every page is found from docs/README.md', () => {
	const index = linkedFrom('docs/README.md');
	expect(documents.filter((path) => path !== 'docs/README.md' && !index.includes(path))).toEqual([]);
});

it.each(
	[new CognigyAiApi(), new CognigyApi()].map(({ displayName, properties }) => [displayName, properties] as const),
)('docs/credentials.md tells of every field of %s', (displayName, fields) => {
	const [, section = ''] = read('docs/credentials.md').split(`\n## ${displayName}\n`);
	const [own = ''] = section.split('\n## ');
	const shown = fields.filter(({ type }) => type !== 'hidden' && type !== 'notice').map(({ name }) => name);
	expect(shown.filter((name) => !own.includes(`\`${name}\``))).toEqual([]);
});

it('docs/templates.md has every template', () => {
	const templates = readdirSync(join(root, 'workflows')).map((name) => `workflows/${name}`);
	const linked = linkedFrom('docs/templates.md');
	expect(templates.filter((path) => !linked.includes(path))).toEqual([]);
});

it('every picture of docs/images is shown once', () => {
	const pictures = readdirSync(join(root, 'docs/images')).map((name) => `docs/images/${name}`);
	const shown = documents.flatMap(linkedFrom).filter((path) => path.startsWith('docs/images/'));
	expect(shown.sort()).toEqual(pictures.sort());
});

it.each(['docs/errors.md', 'docs/guarantees.md'])('%s tells of every error category', (path) => {
	const text = read(path);
	expect(ERROR_CATEGORIES.filter((category) => !text.includes(`\`${category}\``))).toEqual([]);
});

it('docs/errors.md says of every category what it means and what to do', () => {
	const [, categories = ''] = read('docs/errors.md').split('\n## Categories\n');
	const [table = ''] = categories.split('\n## ');
	expect(ERROR_CATEGORIES.filter((category) => !table.includes(`\n| \`${category}\``))).toEqual([]);
});

it('docs/benchmarks.md has the figures of every result that is kept', () => {
	const text = read('docs/benchmarks.md');
	const kept = readdirSync(join(root, 'bench/results')).map((name) => name.replace(/\.json$/, ''));
	const commandOf = (name: string) => (name === 'soak' ? 'npm run soak' : `npm run bench -- --only ${name}`);
	expect(kept.filter((name) => !text.includes(commandOf(name)))).toEqual([]);
});

it('docs/architecture.md names only folders and files that are there', () => {
	const named = [...proseOf('docs/architecture.md').matchAll(/`((?:client|nodes|sandbox|test)\/[\w./-]*)`/g)];
	expect(named.map(([, path = '']) => path).filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
