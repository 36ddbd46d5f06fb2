const { availableParallelism } = require('node:os');
const cloudTests = require('./test/editions/cloud.json');
const engineTests = require('./test/engines/subset.json');

// Packages that are loaded once for all test files of a process (test/run/environment.cjs), by Node: some are ES modules.
const shared = [
	'@n8n',
	'@redis/client',
	'axios',
	'entities',
	'fast-check',
	'fastify',
	'htmlparser2',
	'http-proxy-agent',
	'https-proxy-agent',
	'luxon',
	'n8n-core',
	'n8n-workflow',
	'p-limit',
	'p-map',
	'p-retry',
	'proxy-from-env',
	'reflect-metadata',
	'safe-stable-stringify',
	'selfsigned',
	'socket.io',
	'socket.io-client',
	'tiny-lru',
	'typescript',
	'ws',
	'zod',
];

const base = {
	testEnvironment: '<rootDir>/test/run/environment.cjs',
	transform: {
		'/node_modules/.*\\.[cm]?js$': '<rootDir>/test/run/sharedPackages.cjs',
		// Types are checked by `npm run lint`; here they are only stripped, which keeps the tests quick.
		'\\.[jt]s$': [
			'@swc/jest',
			{
				swcrc: false,
				jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
				module: { type: 'commonjs' },
			},
		],
	},
	transformIgnorePatterns: [`/node_modules/(?!(${shared.join('|')})/)`],
	modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.cache'],
};

/** For tests that load n8n's engine. */
const inEngine = {
	setupFiles: ['<rootDir>/test/integration/setup.js'],
	moduleNameMapper: { '^@langchain/.*$': '<rootDir>/test/integration/stubs/langchain.js' },
	resolver: '<rootDir>/test/engines/resolver.cjs',
};

/** Tests of what only the cloud edition sends and hears with: they run with its other tests. */
const ADAPTERS_OF_CLOUD = '<rootDir>/test/unit/client/.*/web/';

/** The sources import the full edition; here the cloud edition takes its place, as in its build. */
const ofCloudEdition = { '^(.*)/editions/full(/.*)?$': '$1/editions/cloud$2' };

module.exports = {
	// More than there are processors: much of a test is waiting.
	maxWorkers: Math.max(6, availableParallelism() - 1),
	globalSetup: '<rootDir>/test/run/setup.cjs',
	globalTeardown: '<rootDir>/test/run/teardown.cjs',
	testSequencer: '<rootDir>/test/run/sequencer.cjs',
	reporters: ['default', '<rootDir>/test/run/matrixReporter.cjs'],
	// Hangs are still found, but a busy machine is no failure.
	testTimeout: 90_000,
	projects: [
		{
			...base,
			displayName: 'unit',
			testMatch: ['<rootDir>/test/unit/**/*.test.ts'],
			testPathIgnorePatterns: ['/node_modules/', ADAPTERS_OF_CLOUD],
		},
		// Several processes that share a session registry, killed at random: they want the processors for themselves.
		{ ...base, displayName: 'processes', testMatch: ['<rootDir>/test/processes/**/*.test.ts'] },
		// Needs a redis-server on this machine.
		{ ...base, displayName: 'redis', testMatch: ['<rootDir>/test/redis/**/*.test.ts'] },
		{
			...base,
			displayName: 'integration',
			testMatch: ['<rootDir>/test/integration/**/*.test.ts', '<rootDir>/test/security/**/*.test.ts'],
			...inEngine,
		},
		// Every operation with every fault: thousands of cells, for which the tests of each change would take too long.
		{ ...base, displayName: 'faults', testMatch: ['<rootDir>/test/faults/**/*.test.ts'], ...inEngine },
		// Those of the integration tests that also run on other versions of n8n's engine (test/engines/main.ts).
		{
			...base,
			displayName: 'engines',
			testMatch: Object.keys(engineTests).map((name) => `<rootDir>/test/integration/${name}.test.ts`),
			...inEngine,
		},
		// Those of the integration tests that also run on the cloud edition (docs/editions.md), and those of what only it does.
		{
			...base,
			displayName: 'cloud',
			testMatch: [
				...cloudTests.run.map((name) => `<rootDir>/test/${name}.test.ts`),
				'<rootDir>/test/editions/cloud/**/*.test.ts',
				'<rootDir>/test/unit/client/**/web/**/*.test.ts',
			],
			...inEngine,
			moduleNameMapper: { ...inEngine.moduleNameMapper, ...ofCloudEdition },
		},
		{
			...base,
			displayName: 'e2e',
			testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
			globalSetup: '<rootDir>/test/e2e/globalSetup.cjs',
			globalTeardown: '<rootDir>/test/e2e/globalTeardown.cjs',
		},
	],
};
