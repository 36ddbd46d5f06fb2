import { randomUUID } from 'node:crypto';
import type { FrameOperation } from '../contract';
import type { FrameAnswer } from '../operations/frameCall';
import type { FaultOf } from './fault';

type FrameFault = FaultOf<FrameOperation>;

/** What is done about a frame that arrived. */
export type Reaction =
	/** A string is sent as a text frame, a buffer as a binary one. */
	| { kind: 'send'; frame: string | Buffer; again?: 'now' | 'later' }
	| { kind: 'close'; code: number; reason: string }
	| { kind: 'drop' | 'reset' | 'freeze' | 'nothing' };

/** What a fault does in the place of the operation; undefined: the operation is to run. */
export function reactInstead(fault: FrameFault): Reaction | undefined {
	switch (fault.kind) {
		case 'hang':
			return { kind: 'nothing' };
		case 'dropBefore':
			return { kind: 'drop' };
		case 'resetBefore':
			return { kind: 'reset' };
		case 'freeze':
			return { kind: 'freeze' };
		case 'close':
			return fault.processed ? undefined : fault;
		default:
			return undefined;
	}
}

/** What is done once the operation has run: its answer, spoiled as the fault says. */
export function reactAfter(fault: FrameFault | undefined, answer: FrameAnswer): Reaction {
	switch (fault?.kind) {
		case 'lostAnswer':
			return { kind: 'nothing' };
		case 'dropAfter':
			return { kind: 'drop' };
		case 'resetAfter':
			return { kind: 'reset' };
		case 'close':
			return fault;
		case 'answer':
			return { kind: 'send', frame: typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body) };
		case 'wrongSession':
			return sendJson({ ...answer, sessionId: randomUUID() });
		case 'twice':
			return { ...sendJson(answer), again: fault.late ? 'later' : 'now' };
		case 'binary':
			return { kind: 'send', frame: Buffer.from(JSON.stringify(answer)) };
		case 'hugeFrame':
			return sendJson({ padding: 'x'.repeat(fault.bytes), ...answer });
		case 'busy':
			return sendJson({ ...answer, flowState: fault.flowState, variables: fault.variables });
		default:
			return sendJson(answer);
	}
}

function sendJson(answer: FrameAnswer) {
	return { kind: 'send' as const, frame: JSON.stringify(answer) };
}
