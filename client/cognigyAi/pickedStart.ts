import type { PreparedStart } from '../backend';
import type { CallContext } from '../call/attempts';
import { CognigyError } from '../errors';
import type { PickedReference } from './endpointAddress';
import { checkKind } from './endpointChannels';
import type { PickedEndpoints } from './pickedEndpoints';
import { checkedTurn, type CheckedMessage, type CheckedTurn } from './triggerFlow';

/** Statuses that may say that no endpoint has a token; they come before the flow runs. */
const UNKNOWN_TOKEN: ReadonlySet<number> = new Set([400, 401, 403, 404]);

export interface PickedStart {
	message: CheckedMessage;
	/** To which endpoint it goes. */
	picked: PickedReference;
	endpoints: PickedEndpoints;
	/** How a start is made of a message whose endpoint is known by its URL. */
	prepare: (turn: CheckedTurn) => PreparedStart;
}

/**
 * A message to an endpoint that was picked: once that is found, it is the same start as by the endpoint's URL. Where the
 * endpoint has got another token since it was found, the start is one of that token.
 * @throws {CognigyError} that of the look-up; `invalidInput` for an endpoint of another kind
 */
export async function pickedStart(start: PickedStart, context: CallContext): Promise<PreparedStart> {
	const { message, picked, endpoints, prepare } = start;
	const { address, name, channel } = await endpoints.find(picked, context);
	checkKind({ name, channel }, message);
	const { plan, send } = prepare(checkedTurn(message, { ...address, isTest: false }));
	return {
		plan,
		send: async (...how) => await send(...how).catch(inOtherWords),
		subject: { flowId: address.name },
		again: async ({ httpStatus }, current) => {
			if (httpStatus === undefined || !UNKNOWN_TOKEN.has(httpStatus)) return undefined;
			const isOther = await endpoints.hasChanged(picked, address.token, current);
			return isOther ? await pickedStart(start, current) : undefined;
		},
	};
}

/** Nobody has typed the URL of an endpoint that was looked up. */
function inOtherWords(error: unknown): never {
	if (!(error instanceof CognigyError)) throw error;
	const { message, advice } = error;
	const reworded = (text: string) => text.replaceAll('Endpoint URL', 'Endpoint Base URL of the credential');
	throw error.with({ message: reworded(message), advice: reworded(advice) });
}
