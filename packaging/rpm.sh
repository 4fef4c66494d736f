# shellcheck shell=bash disable=SC2154,SC2016 # What is not assigned here comes from scripts/packages.sh.
# Builds .rpm files with rpmbuild alone. Sourced by scripts/packages.sh.

# rpm_of NAME: packaging/rpm/NAME.spec over the staged tree.
rpm_of() {
    local name=$1 top=$stage/rpm-$1
    rm -rf "$top"
    mkdir -p "$top"
    find "$stage/$name" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    rpmbuild -bb --quiet --target x86_64 \
        --define "_topdir $top" --define "_rpmdir $top" --define "_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm" \
        --define "version_of_all $version" --define "tree $stage/$name" \
        --define 'use_source_date_epoch_as_buildtime 1' --define 'clamp_mtime_to_source_date_epoch 1' --define '_buildhost localhost' \
        --define '__os_install_post %{nil}' --define '_build_id_links none' --define 'debug_package %{nil}' \
        --define '_binary_payload w2.xzdio' \
        "packaging/rpm/$name.spec"
    mv "$top/$name-$version-1.x86_64.rpm" "$dist/"
}
