/** Whether this machine's keyboard has a command key where others have Control. */
export const hasCommandKey = /Mac|iPhone|iPad/.test(navigator.platform)
