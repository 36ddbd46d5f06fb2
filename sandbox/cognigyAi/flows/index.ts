export { claims } from './claims';
export { echo } from './echo';
export { orderStatus } from './orderStatus';
export type { FlowInput, FlowReply, ScriptedFlow, ScriptedOutput } from './scriptedFlow';
export { shapes } from './shapes';
export { showcase, showcaseTexts } from './showcase';
