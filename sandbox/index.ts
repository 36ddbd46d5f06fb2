/** Stand-ins for the Cognigy v1 service and for Cognigy.AI: for the demo, for tests, for trying things out. Imports nothing of ours. */
export { PLATFORMS, type Platform } from './cli/platform';
export { startSandbox, type Sandbox } from './v1/server';
export type { SandboxOptions } from './v1/options';
export type { ScriptedBot } from './v1/bots';
export type {
	BotVersion,
	FrameOperation,
	MessageType,
	Operation,
	Permission,
	RestOperation,
	TranscriptMessage,
} from './v1/contract';
export type { Fault, FaultKind, FaultMatch, FaultRequest } from './v1/faults/fault';
export { seededRandom, type RandomFaultsRequest } from './v1/faults/randomFaults';
export type { JournalEntry } from './journal/journal';
export type { EndStatus, ReplayStyle } from './v1/mailbox';
export type { RetryAfterForm } from './http/rateLimit';
export type { RuntimeState } from './v1/runtimeStates';
export type { SandboxSession } from './v1/sessions';
export type { ChannelStats, SandboxStats } from './v1/stats';
export { createTlsMaterial, type TlsMaterial } from './http/tls';
export type { SandboxUser } from './v1/users';

export { startCognigyAiSandbox, type CognigyAiSandbox } from './cognigyAi/server';
export type { CognigyAiSandboxOptions } from './cognigyAi/options';
export type { ApiKey, KeyState } from './cognigyAi/apiKeys';
export type {
	AiOutput,
	Channel as CognigyAiChannel,
	Operation as CognigyAiOperation,
	SessionAddress,
} from './cognigyAi/contract';
export type { EndpointChange, EndpointInfo } from './cognigyAi/controls';
export type { CognigyAiFaultRequest } from './cognigyAi/faults/fault';
export type { CognigyAiJournalEntry } from './cognigyAi/journalEntry';
export type { CognigyAiSession, ConversationEntry } from './cognigyAi/sessions/sessions';
export type { CognigyAiStats } from './cognigyAi/stats';
