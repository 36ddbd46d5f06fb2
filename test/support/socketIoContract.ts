import type { SocketIoDifference } from '../editions/socketDifferences';
import { describeConversations } from './socketIoContract/conversations';
import { describeDials } from './socketIoContract/dials';
import type { MakeTransport } from './socketIoContract/harness';
import { describeTrust } from './socketIoContract/trust';

/**
 * What every `SocketTransport` must do. Which library is behind it does not matter here: the other side are the sandbox and
 * servers on this machine.
 * @param differences what this one cannot do: other tests then say what it does instead
 */
export function describeSocketIoContract(
	name: string,
	makeTransport: MakeTransport,
	differences: readonly SocketIoDifference[] = [],
): void {
	const differs = (difference: SocketIoDifference) => differences.includes(difference);
	describe(`the Socket.IO transport contract: ${name}`, () => {
		describeConversations(makeTransport, differs);
		describeDials(makeTransport, differs);
		describeTrust(makeTransport, differs);
	});
}
