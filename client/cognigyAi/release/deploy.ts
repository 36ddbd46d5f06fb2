import type { CallContext } from '../../call/attempts';
import { CognigyError, invalidInput } from '../../errors';
import type { EndpointReference } from '../endpointAddress';
import { findEndpoint, readEndpointById } from '../findEndpoint';
import { pagesFrom, type Page, type Place } from '../lists';
import { endpointSchema, pageSchema, paths, type Endpoint } from '../wire';
import {
	asDeployed,
	deployedOn,
	inFullWords,
	inWords,
	isSame,
	readSnapshots,
	type Deployed,
	type PutBack,
	type ReleaseDependencies,
} from './deployed';
import type { ExpectedNow } from './inputs';
import type { DeploymentResult } from './types';
import type { Deployment } from '../inputs';
import { resourceSchema } from './wire';

export interface DeploymentRequest {
	endpoint: EndpointReference;
	deployment: Deployment;
	expectedNow: ExpectedNow;
}

/** What errors say of whoever changes what an endpoint runs: each has inputs of its own. */
export interface SwitchWords {
	/** The input that says which endpoint it is, as its label. */
	endpoint: string;
	/** The input that says what it is to run. */
	target: string;
	/** What not to do before it is looked at: `deploy again`. */
	again: string;
	/** What to do about a snapshot that lacks something: `Choose a snapshot`. */
	another: string;
}

const WORDS: SwitchWords = {
	endpoint: 'Endpoint',
	target: 'Snapshot',
	again: 'deploy again',
	another: 'Choose a snapshot',
};

/** A list that does not end is not read further than this. */
const MAX_PAGES = 100;

/**
 * Makes an endpoint run a snapshot, or the live project; its flow and locale stay (docs/protocol-cognigy-ai.md#deployment).
 * Nothing is sent when it runs that already. The service has no locks: what it ran is read before, and what it runs after.
 * @throws {CognigyError} `notPublished` when it does not run what is expected; `notFound` when there is no such snapshot, or
 *   it lacks the endpoint's flow or locale; `protocol` when it does not run afterwards what was asked for; with `mayHaveRun`
 *   when it may run it
 */
export async function deploySnapshot(
	deps: ReleaseDependencies,
	{ endpoint: reference, deployment, expectedNow }: DeploymentRequest,
	context: CallContext,
): Promise<DeploymentResult> {
	const { projectId } = deps;
	const endpoint = await findEndpoint(deps, projectId, reference, context);
	const snapshots = await readSnapshots(deps, context);
	const before = deployedOn(endpoint, projectId, snapshots);
	if (runsAgent(endpoint)) {
		throw invalidInput(
			'endpoint',
			`"${endpoint.name}" runs an AI agent in the place of a flow, which cannot be deployed this way`,
			'Choose an endpoint that runs a flow, or deploy it in Cognigy.AI. Nothing was changed.',
		);
	}
	if (!isExpected(before, expectedNow)) throw notExpected(endpoint, before, expectedNow);
	const after = asDeployed(deployment, endpoint, snapshots);
	const changed = !isSame(before, after);
	if (changed) await switchTo(deps, endpoint, after, WORDS, context);
	return result(deps, endpoint, { before, after, changed });
}

/** @param seen what is known of the endpoint: what it ran, and runs now */
export function result(
	{ projectId }: ReleaseDependencies,
	{ _id, name }: Endpoint,
	{ before, after, changed }: Pick<DeploymentResult, 'before' | 'after' | 'changed'>,
): DeploymentResult {
	const putBack: PutBack = { botId: projectId, endpointId: _id, deployed: after, previous: before };
	return { endpointId: _id, endpointName: name, before, after, putBack, changed, botId: projectId };
}

/** Such an endpoint runs no flow. */
export function runsAgent({ targetType }: Endpoint): boolean {
	return targetType === 'agent';
}

/** Changes what an endpoint runs, once it is sure that nothing is left without its flow or locale, and looks whether it did. */
export async function switchTo(
	deps: ReleaseDependencies,
	endpoint: Endpoint,
	target: Deployed,
	words: SwitchWords,
	context: CallContext,
): Promise<void> {
	if (target.kind === 'snapshot') {
		await requireResource(deps, { target, resourceType: 'flow', words }, context);
		await requireResource(deps, { target, resourceType: 'locale', words }, context);
	}
	const { _id, name } = endpoint;
	const { flowId, localeId } = target;
	const entrypoint = target.kind === 'live' ? deps.projectId : target.snapshotId;
	const action = `Deploying ${inWords(target)} to endpoint "${name}"`;
	const change = {
		method: 'PATCH',
		path: paths.endpoint(_id),
		// What is empty stays as it is.
		body: JSON.stringify({ entrypoint, ...(flowId && { flowId }), ...(localeId && { localeId }) }),
		once: {
			mayHave: `Endpoint "${name}" may have been switched to ${inWords(target)}`,
			lookup: `Check what it runs, with the operation Get Status, before you ${words.again}.`,
		},
		description: { subject: `endpoint "${_id}"`, action, inputs: inputsOf(words) },
	} as const;
	const doubt = await sentOrInDoubt(deps, change, context);
	await requireRunning(deps, { endpoint, target, action, words, doubt }, context);
}

function inputsOf({ endpoint, target }: SwitchWords): string {
	return endpoint === target ? endpoint : `${endpoint} and ${target}`;
}

/** @returns the error of a change that may have been made all the same: what the endpoint runs tells more */
async function sentOrInDoubt(
	{ api }: ReleaseDependencies,
	change: Parameters<ReleaseDependencies['api']['send']>[0],
	context: CallContext,
): Promise<CognigyError | undefined> {
	try {
		await api.send(change, context);
		return undefined;
	} catch (error) {
		if (error instanceof CognigyError && error.mayHaveRun && context.deadline.end === undefined) return error;
		throw error;
	}
}

interface Change {
	endpoint: Endpoint;
	target: Deployed;
	action: string;
	words: SwitchWords;
	/** Why it may not have been made. */
	doubt: CognigyError | undefined;
}

/** @throws {CognigyError} */
async function requireRunning(
	{ api, projectId }: ReleaseDependencies,
	{ endpoint: { _id, name }, target, action, words, doubt }: Change,
	context: CallContext,
): Promise<void> {
	let seen: Endpoint;
	try {
		seen = await readEndpointById(api, _id, endpointSchema, context, words.endpoint);
	} catch (error) {
		if (doubt || !(error instanceof CognigyError)) throw doubt ?? error;
		throw error.with({
			message: `${error.message}. Endpoint "${name}" was told to run ${inWords(target)}; whether it does could not be seen`,
			advice: `Check what it runs, with the operation Get Status. ${error.advice}`,
			mayHaveRun: true,
		});
	}
	const runs = deployedOn(seen, projectId, [{ ...NO_SNAPSHOT, _id: target.snapshotId, name: target.name }]);
	if (isSame(runs, target)) return;
	throw (
		doubt ??
		new CognigyError({
			category: 'protocol',
			message: `${action} failed: Cognigy took it, but the endpoint runs ${inFullWords(runs)}, not ${inFullWords(target)}`,
			advice: 'Somebody else may have deployed at the same moment. Look at the endpoint in Cognigy.AI.',
			mayHaveRun: true,
		})
	);
}

const NO_SNAPSHOT = { description: '', createdAt: NaN };

/** @throws {CognigyError} `notFound` when a snapshot lacks what the endpoint is to run: it would answer nothing any more */
async function requireResource(
	{ api }: ReleaseDependencies,
	{ target, resourceType, words }: { target: Deployed; resourceType: 'flow' | 'locale'; words: SwitchWords },
	context: CallContext,
): Promise<void> {
	const wanted = resourceType === 'flow' ? target.flowId : target.localeId;
	if (wanted === '') return;
	const subject = inWords(target);
	const read = async ({ cursor, skip }: Place): Promise<Page<{ referenceId: string }>> =>
		await api.call(
			{
				method: 'GET',
				path: paths.snapshotResources(target.snapshotId),
				query: {
					resourceType,
					limit: '100',
					...(cursor === undefined ? {} : { next: cursor }),
					...(skip === undefined ? {} : { skip: String(skip) }),
				},
				answer: pageSchema(resourceSchema),
				description: { subject, action: `Listing the ${resourceType}s in ${subject}`, inputs: words.target },
			},
			context,
		);
	for await (const { items } of pagesFrom({}, read, MAX_PAGES)) {
		if (items.some(({ referenceId }) => referenceId === wanted)) return;
	}
	throw new CognigyError({
		category: 'notFound',
		message: `${subject} has no ${resourceType} ${wanted}, which the endpoint is to run`,
		advice: `${words.another} that has it, or choose another ${resourceType} for the endpoint in Cognigy.AI. Nothing was changed.`,
	});
}

function isExpected(before: Deployed, expected: ExpectedNow): boolean {
	if (expected.kind === 'anything') return true;
	return before.kind === expected.kind && (expected.kind === 'live' || before.name === expected.name);
}

function notExpected({ name }: Endpoint, before: Deployed, expected: ExpectedNow): CognigyError {
	const wanted = expected.kind === 'snapshot' ? `snapshot "${expected.name}"` : 'the live project';
	return new CognigyError({
		category: 'notPublished',
		message: `Endpoint "${name}" does not run ${wanted}, as expected before the deployment. It runs ${inWords(before)}`,
		advice: 'Find out who deployed that, or correct Expected Now. Nothing was changed.',
	});
}
