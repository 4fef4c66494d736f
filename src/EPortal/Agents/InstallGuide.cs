namespace EPortal.Agents;

/// <summary>A step of the guide to the agent: a few words, and text to copy.</summary>
/// <param name="Id">Names it within the page.</param>
/// <param name="Title">What it does.</param>
/// <param name="Words">What to know before.</param>
/// <param name="Code">What to run or to write; plain text.</param>
internal sealed record GuideStep(string Id, string Title, string Words, string Code);

/// <summary>
/// How to install and run the agent, filled in. Address and key have no special characters of a shell, YAML or Ruby.
/// </summary>
/// <param name="portal">Address of the portal.</param>
/// <param name="key">Registration key.</param>
/// <param name="keyHeader">Header that carries API keys.</param>
internal sealed class InstallGuide(string portal, string key, string keyHeader)
{
    /// <summary>What is done on a host by hand.</summary>
    public IReadOnlyList<GuideStep> OnTheHost =>
        [
            new(
                "install",
                "Install and register",
                "Run as root. KCARE_MAILTO is optional: the address that gets mail when an update fails.",
                $"""
                export KCARE_MAILTO=admin@example.com
                curl -fsS {portal}/install-kernelcare | bash
                kcarectl --register {key}
                """
            ),
            new(
                "update",
                "Update and check",
                "The host checks in automatically every 4 hours. These commands do it now.",
                """
                kcarectl --update
                kcarectl --info
                """
            ),
            new(
                "tags",
                "Set tags",
                "Tags group servers in the console. Separate several with semicolons; an empty value removes them.",
                """
                kcarectl --tag "env:prod;web"
                kcarectl --tag ""
                """
            ),
            new(
                "move",
                "Move a host to this address",
                "For installed agents, after the address of this portal changed. The first line is for agents that were installed as a package.",
                $"""
                curl -fsS {portal}/set-kernelcare-repo | bash
                curl -fsS {portal}/set-patch-server | bash
                """
            ),
            new(
                "unregister",
                "Unregister",
                "Cancels the registration and frees a place in the server limit of the key. The second line also unloads the patch from the running kernel.",
                """
                kcarectl --unregister
                kcarectl --unload
                """
            ),
            new(
                "conf",
                "Settings of the agent",
                "/etc/sysconfig/kcare/kcare.conf as the install script writes it. Commented lines are examples.",
                $"""
                AUTO_UPDATE=True
                PATCH_SERVER={portal}/
                REGISTRATION_URL={portal}/admin/api/kcare
                # apply patchsets two days after their release
                #UPDATE_DELAY=2d
                # apply only this patchset
                #STICKY_PATCHSET=K20260501_01
                """
            ),
        ];

    /// <summary>The same by tools for many hosts.</summary>
    public IReadOnlyList<GuideStep> ByTools =>
        [
            new(
                "ansible",
                "Ansible: install",
                "Hosts that are already installed or registered are not changed.",
                $$$"""
                - hosts: all
                  become: true
                  vars:
                    portal: {{{portal}}}
                    registration_key: {{{key}}}
                  tasks:
                    - name: Fetch the install script
                      ansible.builtin.get_url:
                        url: "{{ portal }}/install-kernelcare"
                        dest: /root/install-kernelcare.sh
                        mode: "0700"
                    - name: Install the agent
                      ansible.builtin.command:
                        cmd: /root/install-kernelcare.sh
                        creates: /usr/bin/kcarectl
                    - name: Register the host
                      ansible.builtin.command:
                        cmd: /usr/bin/kcarectl --register {{ registration_key }}
                        creates: /etc/sysconfig/kcare/systemid
                """
            ),
            new(
                "ansible-remove",
                "Ansible: remove",
                "Unregisters first, so that no inactive server remains.",
                """
                - hosts: all
                  become: true
                  tasks:
                    - name: Cancel the registration
                      ansible.builtin.command:
                        cmd: /usr/bin/kcarectl --unregister
                        removes: /etc/sysconfig/kcare/systemid
                    - name: Remove the agent's package
                      ansible.builtin.package:
                        name: kernelcare
                        state: absent
                    - name: Remove an agent that was installed as a single program
                      ansible.builtin.file:
                        path: "{{ item }}"
                        state: absent
                      loop:
                        - /etc/cron.d/kcare-cron
                        - /usr/bin/kcarectl
                """
            ),
            new(
                "puppet",
                "Puppet",
                "Two resources for your manifest.",
                $$"""
                exec { 'install kcarectl':
                  command => '/bin/bash -c "set -o pipefail; curl -fsS {{portal}}/install-kernelcare | bash"',
                  creates => '/usr/bin/kcarectl',
                }

                exec { 'register with the portal':
                  command => '/usr/bin/kcarectl --register {{key}}',
                  creates => '/etc/sysconfig/kcare/systemid',
                  require => Exec['install kcarectl'],
                }
                """
            ),
            new(
                "chef",
                "Chef",
                "For your recipe.",
                $$"""
                remote_file '/root/install-kernelcare.sh' do
                  source '{{portal}}/install-kernelcare'
                  mode '0700'
                end

                execute '/root/install-kernelcare.sh' do
                  creates '/usr/bin/kcarectl'
                end

                execute '/usr/bin/kcarectl --register {{key}}' do
                  creates '/etc/sysconfig/kcare/systemid'
                end
                """
            ),
            new(
                "curl",
                "Without the agent: delete a destroyed host",
                "Uses the HTTP API with an admin's API key in the variable PORTAL_KEY. Also works by address: ip= instead of hostname=.",
                $"""
                curl -fsS -X POST -H "{keyHeader}: $PORTAL_KEY" "{portal}/admin/api/delete_server?hostname=web1.example.com"
                """
            ),
        ];
}
