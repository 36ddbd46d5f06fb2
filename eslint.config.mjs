import js from '@eslint/js';
import { n8nCommunityNodesPlugin } from '@n8n/eslint-plugin-community-nodes';
import { globalIgnores } from 'eslint/config';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import n8nNodesBase from 'eslint-plugin-n8n-nodes-base';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** Dependencies between our folders point one way (docs/decisions.md), and the client's rooms are its own business. */
function mayNotImport(folder, forbidden) {
	// What descriptions ask is light, and apart from the client.
	const rooms = { regex: '^(\\.\\./)+client/(?!offers$)', message: 'Import it from client/index.ts.' };
	return {
		files: [`${folder}/**/*.ts`],
		rules: {
			'no-restricted-imports': [
				'error',
				{
					patterns: [
						...forbidden.map((name) => ({
							regex: `^(\\.\\./)*${name}(/|$)`,
							message: `${folder}/ must not depend on ${name}.`,
						})),
						...(folder === 'client' ? [] : [rooms]),
					],
				},
			],
		},
	};
}

const communityNodes = n8nCommunityNodesPlugin.configs.recommended;
const communityNodesOfServers = n8nCommunityNodesPlugin.configs.recommendedWithoutN8nCloudSupport;

export default tseslint.config(
	globalIgnores(['**/dist', '.cache', 'coverage', 'node_modules']),
	{ linterOptions: { reportUnusedDisableDirectives: 'error' } },
	{
		files: ['**/*.ts'],
		extends: [js.configs.recommended, tseslint.configs.strict, tseslint.configs.stylistic],
		plugins: { 'import-x': importX },
		settings: { 'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js'] })] },
		languageOptions: { parserOptions: { projectService: true } },
		rules: {
			'import-x/no-cycle': 'error',
			'@typescript-eslint/await-thenable': 'error',
			'@typescript-eslint/no-floating-promises': 'error',
			'@typescript-eslint/no-misused-promises': 'error',
			'@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
			'@typescript-eslint/no-unnecessary-type-assertion': 'error',
			'@typescript-eslint/only-throw-error': 'error',
			// The reason of an abort is whatever its owner chose.
			'@typescript-eslint/prefer-promise-reject-errors': [
				'error',
				{ allowThrowingAny: true, allowThrowingUnknown: true },
			],
			'@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
			'no-console': 'error',
			eqeqeq: 'error',
			'@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
			// Type definitions read the same as everything else they stand beside.
			'@typescript-eslint/consistent-type-definitions': 'off',
			'@typescript-eslint/no-unused-vars': [
				'error',
				{ argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
			],
			'@typescript-eslint/array-type': ['error', { default: 'array-simple' }],
			// A transport, a clock or an egress policy may have nothing to do.
			'@typescript-eslint/no-empty-function': 'off',
		},
	},
	{
		files: ['test/**/*.ts'],
		rules: {
			// Tests look again at what was said to be there, and throw what nobody should.
			'@typescript-eslint/no-unnecessary-condition': 'off',
			'@typescript-eslint/only-throw-error': 'off',
			'@typescript-eslint/prefer-promise-reject-errors': 'off',
		},
	},
	{
		// What the packages hold; n8n's rules say nothing about tests and tools.
		files: ['nodes/**/*.ts', 'credentials/**/*.ts'],
		extends: [communityNodes],
	},
	{
		// What of it the cloud edition holds, `npm run scan` looks at.
		files: ['client/**/*.ts'],
		extends: [communityNodesOfServers],
	},
	{
		files: ['nodes/**/*.ts', 'credentials/**/*.ts'],
		rules: {
			// The types of the oldest n8n need some that those of the newest do not.
			'@typescript-eslint/no-unnecessary-type-assertion': 'off',
			'@typescript-eslint/no-unnecessary-condition': 'off',
		},
	},
	{
		files: ['client/**/*.ts'],
		rules: {
			// The client knows no n8n, and throws its own errors; nodes/shared/nodeError.ts turns them into n8n's.
			'@n8n/community-nodes/require-node-api-error': 'off',
		},
	},
	{
		// Programs that speak to a person at a terminal.
		files: [
			'sandbox/**/*.ts',
			'demo/**/*.ts',
			'n8n-host/**/*.ts',
			'bench/**/*.ts',
			'test/engines/*.ts',
			'test/run/*.ts',
			'test/soak/*.ts',
			'tools/**',
		],
		rules: { 'no-console': 'off' },
	},
	{
		files: ['**/*.{js,mjs}'],
		extends: [js.configs.recommended],
		languageOptions: { globals: globals.node },
	},
	{
		files: ['package.json'],
		extends: [communityNodes],
		plugins: { 'n8n-nodes-base': n8nNodesBase },
		rules: n8nNodesBase.configs.community.rules,
		languageOptions: { parser: tseslint.parser, parserOptions: { extraFileExtensions: ['.json'] } },
	},
	{
		files: ['credentials/**/*.ts'],
		plugins: { 'n8n-nodes-base': n8nNodesBase },
		rules: {
			...n8nNodesBase.configs.credentials.rules,
			// For nodes inside n8n: ours must be an http address, which credential-documentation-url checks.
			'n8n-nodes-base/cred-class-field-documentation-url-miscased': 'off',
		},
	},
	{
		files: ['nodes/**/*.ts'],
		plugins: { 'n8n-nodes-base': n8nNodesBase },
		rules: {
			...n8nNodesBase.configs.nodes.rules,
			// Both know only the old string literals; n8n's newer rule node-connection-type-literal forbids them.
			'n8n-nodes-base/node-class-description-inputs-wrong-regular-node': 'off',
			'n8n-nodes-base/node-class-description-outputs-wrong': 'off',
		},
	},
	mayNotImport('client', ['nodes', 'credentials', 'sandbox', 'demo', 'n8n-host', 'n8n-workflow', 'n8n-core']),
	mayNotImport('nodes', ['credentials', 'sandbox', 'demo', 'n8n-host', 'n8n-core']),
	mayNotImport('credentials', ['nodes', 'sandbox', 'demo', 'n8n-host', 'n8n-core']),
	mayNotImport('sandbox', ['client', 'nodes', 'credentials', 'demo', 'n8n-host', 'n8n-workflow', 'n8n-core']),
	mayNotImport('n8n-host', ['client', 'nodes', 'credentials', 'sandbox', 'demo']),
	mayNotImport('demo', ['nodes', 'credentials']),
	mayNotImport('bench', []),
	// They measure a room by itself.
	{ files: ['bench/registry/*.ts', 'bench/registryContexts/*.ts'], rules: { 'no-restricted-imports': 'off' } },
);
