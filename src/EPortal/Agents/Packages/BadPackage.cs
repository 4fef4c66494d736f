using EPortal.Data;

namespace EPortal.Agents.Packages;

/// <summary>Refusals of files that are to be agent packages.</summary>
internal static class BadPackage
{
    /// <summary>The file is damaged, hostile, or not a package of the agent.</summary>
    /// <param name="what">What is wrong with it; no capital, no full stop.</param>
    public static RefusedException Because(string what) => new(Refusal.Invalid, what);

    /// <summary>Reads exactly so many bytes.</summary>
    /// <exception cref="RefusedException">The file ends before.</exception>
    public static byte[] ReadBytes(this Stream file, int length)
    {
        var bytes = new byte[length];
        return file.ReadAtLeast(bytes, length, throwOnEndOfStream: false) == length
            ? bytes
            : throw Because("the package is truncated");
    }

    /// <summary>Reads to the end of a stream that may hold more than is wanted.</summary>
    /// <exception cref="RefusedException">It holds more than <paramref name="most"/> bytes.</exception>
    public static byte[] ReadAtMost(this Stream stream, int most, string what)
    {
        using var content = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = stream.Read(buffer)) > 0)
        {
            if (content.Length + read > most)
                throw Because($"{what} is more than {most} bytes");
            content.Write(buffer, 0, read);
        }

        return content.ToArray();
    }
}
