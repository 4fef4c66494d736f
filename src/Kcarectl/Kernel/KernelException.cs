using Kcarectl.Cli;

namespace Kcarectl.Kernel;

/// <summary>Errors about what the kernel refused.</summary>
internal static class KernelException
{
    public static AgentException Refused(string what, int error) =>
        new(ExitCode.KernelRefused, $"the kernel refused {what}: {NativeMethods.Message(error)} (error {error})");

    public static AgentException Because(string sentence) => new(ExitCode.KernelRefused, sentence);
}
