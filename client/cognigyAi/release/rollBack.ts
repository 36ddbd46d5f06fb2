import type { CallContext } from '../../call/attempts';
import { CognigyError, invalidInput } from '../../errors';
import { readEndpointById } from '../findEndpoint';
import { endpointSchema } from '../wire';
import { result, runsAgent, switchTo, type SwitchWords } from './deploy';
import {
	deployedOn,
	inFullWords,
	inWords,
	isSame,
	readSnapshots,
	type PutBack,
	type ReleaseDependencies,
} from './deployed';
import type { DeploymentResult } from './types';

const INPUT = 'Put Back';
const WORDS: SwitchWords = { endpoint: INPUT, target: INPUT, again: 'roll back again', another: 'Deploy a snapshot' };

/**
 * Undoes a deployment: the endpoint runs again what it ran before, if it still runs what the deployment put there.
 * @throws {CognigyError} `notPublished` when somebody has deployed something else since; `notFound` when the snapshot that it
 *   ran before is not there any more; and as `deploySnapshot`
 */
export async function rollBack(
	deps: ReleaseDependencies,
	{ putBack }: { putBack: PutBack },
	context: CallContext,
): Promise<DeploymentResult> {
	const { projectId } = deps;
	const { botId, endpointId, deployed, previous } = putBack;
	if (botId !== projectId) throw otherProject(botId, projectId);
	const endpoint = await readEndpointById(deps.api, endpointId, endpointSchema, context, INPUT);
	const snapshots = await readSnapshots(deps, context);
	const before = deployedOn(endpoint, projectId, snapshots);
	if (isSame(before, previous)) return result(deps, endpoint, { before, after: before, changed: false });
	if (runsAgent(endpoint)) {
		throw invalidInput(
			'putBack',
			`is of endpoint "${endpoint.name}", which runs an AI agent in the place of a flow and cannot be rolled back this way`,
			'Choose in Cognigy.AI what the endpoint runs. Nothing was changed.',
		);
	}
	const nothingChanged = `Endpoint "${endpoint.name}" runs ${inFullWords(before)}. Nothing was changed.`;
	if (!isSame(before, deployed)) {
		throw new CognigyError({
			category: 'notPublished',
			message: `Endpoint "${endpoint.name}" no longer runs ${inFullWords(deployed)}, which this rollback would undo. It runs ${inFullWords(before)}`,
			advice: 'Somebody has deployed since. To undo that, use "putBack" of that deployment. Nothing was changed.',
		});
	}
	if (previous.kind === 'nothing') {
		throw invalidInput(
			'putBack',
			'says that the endpoint ran nothing before, which cannot be put back',
			nothingChanged,
		);
	}
	const isGone = previous.kind === 'snapshot' && snapshots.every(({ _id }) => _id !== previous.snapshotId);
	if (isGone) {
		const named = previous.name === '' ? inWords(previous) : `Snapshot "${previous.name}" (${previous.snapshotId})`;
		throw new CognigyError({
			category: 'notFound',
			message: `${named}, which the endpoint ran before, is not there any more: it was deleted`,
			advice: `Deploy another snapshot, or the live project. ${nothingChanged}`,
		});
	}
	await switchTo(deps, endpoint, previous, WORDS, context);
	return result(deps, endpoint, { before, after: previous, changed: true });
}

function otherProject(botId: string, projectId: string): CognigyError {
	return invalidInput(
		'putBack',
		`is of project "${botId}", and the credential of project "${projectId}"`,
		'Use the credential that the deployment was made with. Nothing was sent for this item.',
	);
}
