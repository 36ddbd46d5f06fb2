import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import type { AuditInput } from '../../client';
import { optionsOnlyFor, type CredentialType } from './authentication';
import type { ClientModule } from './loadClient';
import { readFlag, readText } from './parameters';
import type { ParameterReader } from './parameterReader';

export const MAX_CONCURRENCY = 50;

/**
 * How long one item may take, in s. Flows of v1 run after the answer; an endpoint of Cognigy.AI answers when its flow is
 * done, and a language model in it takes its time (docs/protocol-cognigy-ai.md#rest-endpoints).
 */
const DEFAULT_TIMEOUT_SECONDS: Readonly<Record<CredentialType, number>> = { cognigyApi: 30, cognigyAiApi: 60 };

const timeoutOption: INodeProperties = {
	displayName: 'Timeout (Seconds)',
	name: 'timeoutSeconds',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: 3600 },
	default: 30,
	description: 'How long one item may take with all its retries, 1 to 3600 seconds',
};

const timeoutOptionOf = (authentication: CredentialType, defaults: OptionDefaults = {}): INodeProperties => ({
	...timeoutOption,
	default: defaults.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS[authentication],
});

const DEFAULT_CONCURRENCY = 5;

/** Where those of a node are other ones than of all nodes. */
export interface OptionDefaults {
	/** In s. */
	timeoutSeconds?: number;
	concurrency?: number;
}

/** Options that every action node has (docs/guarantees.md#parameters); the collection sorts them by label. */
const commonOptions: INodeProperties[] = [
	{
		displayName: 'Audit Input',
		name: 'auditInput',
		type: 'options',
		options: [
			{ name: 'Full', value: 'full', description: 'Put the input into the audit as it is' },
			{ name: 'Hash', value: 'hash', description: 'Put only a SHA-256 hash of the input into the audit' },
			{ name: 'None', value: 'none', description: 'Leave the input out of the audit' },
		],
		default: 'hash',
		description: 'How the input shows in the audit of the item and in the log of n8n',
	},
	{
		displayName: 'Concurrency',
		name: 'concurrency',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: MAX_CONCURRENCY },
		default: DEFAULT_CONCURRENCY,
		description: 'How many items are worked on at the same time, 1 to 50. The output keeps the order of the input.',
	},
	{
		displayName: 'Include Metrics',
		name: 'includeMetrics',
		type: 'boolean',
		default: false,
		description: 'Whether to add counters and latencies of this account since n8n started to each item',
	},
	{
		displayName: 'Retries',
		name: 'retries',
		type: 'number',
		typeOptions: { minValue: 0, maxValue: 10 },
		default: 3,
		description: 'How often a request is repeated at most when that is safe, 0 to 10',
	},
];

/** Of a node that works with both platforms. */
const timeoutOptions = (['cognigyApi', 'cognigyAiApi'] as const).flatMap((authentication) =>
	optionsOnlyFor(authentication, [timeoutOptionOf(authentication)]),
);

/** Only for Cognigy.AI, and not in every node. */
export const testModeOption: INodeProperties = {
	displayName: 'Test Mode',
	name: 'testMode',
	type: 'boolean',
	default: false,
	description: 'Whether this is a test, which Cognigy.AI does not bill',
};

/**
 * @param more options of one node only
 * @param only the platform of a node that works with no other
 * @param defaults of that node
 */
export function optionsProperty(
	more: INodeProperties[] = [],
	only?: CredentialType,
	defaults: OptionDefaults = {},
): INodeProperties {
	const timeout = only ? [timeoutOptionOf(only, defaults)] : timeoutOptions;
	const common = commonOptions.map((option) =>
		option.name === 'concurrency' ? { ...option, default: defaults.concurrency ?? option.default } : option,
	);
	return {
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: [...common, ...timeout, ...more].sort((a, b) => a.displayName.localeCompare(b.displayName)),
	};
}

export interface ItemOptions {
	timeoutSeconds: number;
	retries: number;
	auditInput: AuditInput;
	includeMetrics: boolean;
	sessionTtlMinutes: number;
	replyQuietMs: number;
	replyMaxWaitSeconds: number;
	testMode: boolean;
	idempotencyKey?: string;
	idempotencyHours?: number;
	/** JSON text or an object. */
	stateClearMatrix?: unknown;
	verifyTimeoutSeconds?: number;
	waitSeconds?: number;
	maxFileMegabytes?: number;
}

const NUMBERS = [
	'timeoutSeconds',
	'retries',
	'sessionTtlMinutes',
	'replyQuietMs',
	'replyMaxWaitSeconds',
	'verifyTimeoutSeconds',
	'waitSeconds',
	'idempotencyHours',
	'maxFileMegabytes',
] as const satisfies Array<keyof ItemOptions>;

const FLAGS = ['includeMetrics', 'testMode'] as const satisfies Array<keyof ItemOptions>;

/**
 * The options of one item, with defaults filled in; the client checks their ranges. Variables and secrets give numbers and
 * switches as text.
 * @throws {CognigyError} `invalidInput` for a switch that is neither on nor off
 */
export function readOptions(
	source: ParameterReader,
	itemIndex: number,
	authentication: CredentialType,
	client: ClientModule,
	{ timeoutSeconds }: OptionDefaults = {},
): ItemOptions {
	const defaults: ItemOptions = {
		timeoutSeconds: timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS[authentication],
		retries: 3,
		auditInput: 'hash',
		includeMetrics: false,
		sessionTtlMinutes: 30,
		replyQuietMs: 1500,
		replyMaxWaitSeconds: 20,
		testMode: false,
	};
	const given = { ...(source.value('options', itemIndex, {}) as Record<string, unknown>) };
	for (const name of NUMBERS.filter((one) => one in given)) given[name] = client.asNumber(given[name]);
	for (const name of FLAGS.filter((one) => one in given))
		given[name] = readFlag(client, `options.${name}`, given[name]);
	if ('idempotencyKey' in given) {
		given['idempotencyKey'] = readText(client, 'options.idempotencyKey', given['idempotencyKey']);
	}
	return { ...defaults, ...(given as Partial<ItemOptions>) };
}

/** How many items run at a time; one value for the whole execution, read from its first item. @throws {CognigyError} `invalidInput` */
export function readConcurrency(
	context: IExecuteFunctions,
	client: ClientModule,
	{ concurrency = DEFAULT_CONCURRENCY }: OptionDefaults = {},
): number {
	const value = client.asNumber(context.getNodeParameter('options.concurrency', 0, concurrency));
	if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_CONCURRENCY) return value;
	const problem = `must be a whole number from 1 to ${MAX_CONCURRENCY}`;
	throw client.invalidInput('options.concurrency', problem, 'Correct options.concurrency. Nothing was sent.');
}
