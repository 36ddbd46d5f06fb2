import * as n8n from 'n8n-workflow';
import type { IExecuteFunctions, INode, ITriggerFunctions, Logger } from 'n8n-workflow';

import { edition } from '../../../client';
import type * as Features from '../../../nodes/shared/n8nFeatures';

/** Fails to compile where the newest n8n is not as the module says. */
export const newestIsAsSaid: {
	trigger: (context: ITriggerFunctions) => Features.NewerTriggerFunctions;
	egress: (context: IExecuteFunctions) => Features.N8nEgressFilter;
	failure: (failure: Features.Failure) => Features.ErrorOptions;
} = {
	trigger: (context) => context,
	egress: ({ helpers }) => helpers.getSecureEgressFilter(),
	failure: (failure) => ({ failure }),
};

const origin = { workflowId: 'w', nodeName: 'n' };

let features: typeof Features;
let warnings: string[];

/** What has been said is remembered by the module. */
beforeEach(async () => {
	warnings = [];
	jest.resetModules();
	jest.doMock('n8n-workflow', () => n8n);
	features = await import('../../../nodes/shared/n8nFeatures');
});

const logger = { warn: (message: string) => warnings.push(message) } as unknown as Logger;

/** As n8n 1.123.0 makes it. */
function oldContext(more: object = {}): ITriggerFunctions & { emissions: unknown[][] } {
	const emissions: unknown[][] = [];
	const emit = (_data: unknown, _response: unknown, _done: unknown) => {};
	const recorded = (...args: unknown[]) => emissions.push(args);
	Object.defineProperty(recorded, 'length', { value: emit.length });
	return { emit: recorded, emissions, logger, helpers: {}, ...more } as never;
}

/** As the newest n8n makes it. */
function newContext(more: object = {}): ITriggerFunctions {
	const emit = (_data: unknown, _response: unknown, _done: unknown, _key: unknown) => {};
	return {
		...{ emit, logger, helpers: {} },
		getWorkflowSettings: () => ({ executionTimeout: 60 }),
		saveFailedExecution: () => {},
		...more,
	} as never;
}

describe('what triggers lack', () => {
	it('is said once in a process, with the version that has it and what is weaker without', () => {
		features.sayWhatTriggersLack(oldContext(), origin);
		features.sayWhatTriggersLack(oldContext(), origin);

		expect(warnings).toEqual([
			expect.stringMatching(/lacks the settings of a workflow.*1\.123\.21 in 1\.x, 2\.5 on\), so the time limit/),
			expect.stringMatching(/lacks failed executions that a trigger reports \(there from n8n 2\.7 on\), so an outage/),
			expect.stringMatching(/lacks deduplication keys of executions \(there from n8n 2\.20 on\), so messages/),
		]);
	});

	it('is nothing in the newest n8n', () => {
		features.sayWhatTriggersLack(newContext(), origin);
		expect(warnings).toEqual([]);
	});

	it.each([
		['getWorkflowSettings', 'the settings'],
		['saveFailedExecution', 'failed executions'],
	])('is told apart: without %s', (api, what) => {
		features.sayWhatTriggersLack(newContext({ [api]: undefined }), origin);
		expect(warnings).toEqual([expect.stringContaining(`lacks ${what}`)]);
	});

	it('is not the settings where they can be found otherwise', () => {
		features.sayWhatTriggersLack(oldContext({ workflow: { settings: {} } }), origin);
		expect(warnings.filter((line) => line.includes('settings'))).toEqual([]);
	});
});

describe('the settings of a workflow', () => {
	it.each([
		['as n8n tells them', newContext({ workflow: { settings: { executionTimeout: 1 } } }), { executionTimeout: 60 }],
		[
			'as older versions keep them',
			oldContext({ workflow: { settings: { executionTimeout: 1 } } }),
			{ executionTimeout: 1 },
		],
		['none where they cannot be found', oldContext(), {}],
	])('are %s', (_case, context, expected) => {
		expect(features.workflowSettings(context)).toEqual(expected);
	});
});

it('an execution is started with its key, which older versions leave aside', () => {
	const context = oldContext();
	features.emit(context, [{ json: {} }], undefined, 'key');
	expect(context.emissions).toEqual([[[[{ json: {} }]], undefined, undefined, 'key']]);
});

it('a failed execution is reported where n8n can', () => {
	const saveFailedExecution = jest.fn();
	const error = new Error('It lasts') as never;
	features.failedExecutionReport(newContext({ saveFailedExecution }))?.(error);
	expect(saveFailedExecution).toHaveBeenCalledWith(error);
	expect(features.failedExecutionReport(oldContext())).toBeUndefined();
});

describe("n8n's network policy", () => {
	const filter = { validateUrl: async () => ({ ok: true }), createSecureLookup: () => () => {} };
	const enabled = process.env['N8N_SSRF_PROTECTION_ENABLED'];

	beforeEach(() => {
		n8n.LoggerProxy.init(logger);
	});
	afterEach(() => {
		if (enabled === undefined) delete process.env['N8N_SSRF_PROTECTION_ENABLED'];
		else process.env['N8N_SSRF_PROTECTION_ENABLED'] = enabled;
	});

	it.each([
		['its helper', { helpers: { getSecureEgressFilter: () => filter } }],
		['what n8n 2.14 to 2.27 use themselves', { helpers: {}, additionalData: { ssrfBridge: filter } }],
	])('is asked through %s', (_case, context) => {
		expect(features.egressFilter(context, edition.host)).toBe(filter);
	});

	it.each([
		['true', 1],
		['1', 1],
		['false', 0],
		[undefined, 0],
	])('is missed once where N8N_SSRF_PROTECTION_ENABLED is %s', (value, count) => {
		if (value === undefined) delete process.env['N8N_SSRF_PROTECTION_ENABLED'];
		else process.env['N8N_SSRF_PROTECTION_ENABLED'] = value;
		expect(features.egressFilter({ helpers: {} }, edition.host)).toBeUndefined();
		const withData = { helpers: {}, additionalData: {} } as Features.AnyContext;
		expect(features.egressFilter(withData, edition.host)).toBeUndefined();
		expect(warnings).toEqual(Array(count).fill(expect.stringContaining('N8N_SSRF_PROTECTION_ENABLED does not apply')));
	});
});

it('why a node failed is told to n8n', () => {
	const failure = { cause: 'rate-limited', retryAfterMs: 2_000 } as const;
	const options = features.withFailure({ description: 'Wait' }, failure);
	expect(options).toEqual({ description: 'Wait', failure });
	expect(new n8n.NodeApiError({ name: 'n' } as INode, {}, options)).toMatchObject({ failure });
	expect(features.withFailure({ description: 'Wait' }, undefined)).toEqual({ description: 'Wait' });
});
