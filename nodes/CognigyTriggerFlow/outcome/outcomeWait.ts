import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { TriggerFlowResult } from '../../../client';
import { runsAsTool } from '../../shared/agentTool';
import type { ClientModule } from '../../shared/loadClient';
import type { ItemParameters } from '../../shared/parameters';
import { callbackUrlFor } from './callbackUrl';
import { canPark, noteAwaited } from './parking';

const MAX_HOURS = 720;
const MS_PER_HOUR = 60 * 60_000;

interface Plan {
	keyHash: string;
	hours: number;
	onNoOutcome: string;
	/** The time in ms since 1970. */
	now: () => number;
}

/** Parks the execution after a start, until the flow says what came of the conversation. */
export class OutcomeWait {
	#plan: Plan | undefined;
	#isToCome = false;

	constructor(private readonly context: IExecuteFunctions) {}

	/**
	 * What the start of an item is told of it; nothing unless it is wanted.
	 * @throws {CognigyError} `invalidInput` where the execution cannot be parked for it
	 */
	callback(parameters: ItemParameters, client: ClientModule): { callbackUrl?: string } {
		if (!parameters.flag('waitForOutcome')) return {};
		const { context } = this;
		const refusal = refusalOf(context);
		if (refusal) throw client.invalidInput('waitForOutcome', ...refusal);
		const hours = parameters.number('outcomeWaitHours');
		if (!(hours > 0 && hours <= MAX_HOURS)) {
			const problem = `must be a number of hours above 0, up to ${MAX_HOURS}`;
			throw client.invalidInput('outcomeWaitHours', problem, 'Correct outcomeWaitHours. Nothing was sent.');
		}
		const onNoOutcome = parameters.text('onNoOutcome');
		if (!['error', 'output'].includes(onNoOutcome)) {
			throw client.invalidInput('onNoOutcome', 'must be error or output', 'Correct onNoOutcome. Nothing was sent.');
		}
		const { url, keyHash } = callbackUrlFor(context);
		this.#plan = { keyHash, hours, onNoOutcome, now: () => client.edition.clock.wallTime() };
		return { callbackUrl: url };
	}

	/** Told of a start that was made. The outcome of one that somebody else made goes to him. */
	started(result: TriggerFlowResult): TriggerFlowResult {
		this.#isToCome = result.repeated !== true;
		return result;
	}

	/** Parks the execution if an outcome is to come. @param output of the node */
	async park(output: INodeExecutionData[][]): Promise<INodeExecutionData[][]> {
		const item = output[0]?.[0];
		if (!this.#plan || !this.#isToCome || !item) return output;
		const { keyHash, hours, onNoOutcome, now } = this.#plan;
		const { json } = item;
		const inVain = onNoOutcome === 'error' ? { again: { json, hours } } : { output: { ...json, outcome: null } };
		noteAwaited(this.context, { keyHash, json }, inVain);
		await this.context.putExecutionToWait(new Date(now() + hours * MS_PER_HOUR));
		return output;
	}
}

/** Why the execution cannot be parked: what continues the name of the parameter, and what to do. */
function refusalOf(context: IExecuteFunctions): [problem: string, advice: string] | undefined {
	if (runsAsTool(context)) {
		return [
			'does not work in a tool of an AI agent',
			'Turn it off, or give the agent a workflow as its tool that has this node in it. Nothing was sent.',
		];
	}
	const count = context.getInputData().length;
	if (count > 1) {
		return [
			`works for one item at a time, as n8n parks an execution as a whole, and there are ${count}`,
			'Put the node into a loop (Loop Over Items with Batch Size 1), or into a sub-workflow that runs once for each item. Nothing was sent.',
		];
	}
	if (!canPark(context)) {
		return ['does not work in this version of n8n', 'Turn it off, or use another version of n8n. Nothing was sent.'];
	}
	return undefined;
}
